// Package steps counts what code does. It tells linear work from quadratic work exactly, where a
// clock on a busy machine tells nothing.
//
//	before, err := steps.Of(func() { evaluate(n) })
//	after, err := steps.Of(func() { evaluate(4 * n) })
//	grown := after.Grown(before, 5)
//
// A step is one run of a block of straight-line code. The Go toolchain counts them in a binary that
// is built with -covermode=atomic, in the packages that -coverpkg names; no code is changed for it.
package steps

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/coverage"
)

// Count is what a piece of work took.
type Count struct {
	// Blocks are the steps, by the block of code.
	Blocks map[Block]uint64
	// Allocations and Bytes are what was taken from the heap.
	Allocations, Bytes uint64
}

// Block is a block of code: the Index-th of a function of a package, as the toolchain numbers them.
type Block struct{ Package, Function, Index uint32 }

// Total is the sum of all steps.
func (c Count) Total() (sum uint64) {
	for _, n := range c.Blocks {
		sum += n
	}
	return sum
}

// Of runs work and counts what it does. Nothing else may run meanwhile.
func Of(work func()) (Count, error) {
	if err := coverage.ClearCounters(); err != nil {
		return Count{}, fmt.Errorf("clear the counters, which needs a build with -covermode=atomic: %w", err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	var data bytes.Buffer
	if err := coverage.WriteCounters(&data); err != nil {
		return Count{}, fmt.Errorf("read the counters: %w", err)
	}
	blocks, err := decode(data.Bytes())
	return Count{Blocks: blocks, Allocations: after.Mallocs - before.Mallocs, Bytes: after.TotalAlloc - before.TotalAlloc}, err
}

// The form of the counters is that of Go's internal/coverage, version 1: a header, one segment with
// a preamble and, for each function that ran, the number of its blocks, its package, itself, and
// how often each block ran.
const (
	fileHeader    = 4 + 4 + 16 + 1 + 1 + 6
	segmentHeader = 8 + 4 + 4
	rawFlavor     = 1
	flavorAt      = 4 + 4 + 16
)

var magic = []byte{0, 'c', 'w', 'm'}

func decode(data []byte) (map[Block]uint64, error) {
	if len(data) < fileHeader+segmentHeader || !bytes.Equal(data[:4], magic) || binary.LittleEndian.Uint32(data[4:]) != 1 {
		return nil, errors.New("decode the counters: the toolchain writes another form; mend internal/steps")
	}
	next := uleb128
	if data[flavorAt] == rawFlavor {
		next = raw
	}
	functions := binary.LittleEndian.Uint64(data[fileHeader:])
	preamble := binary.LittleEndian.Uint32(data[fileHeader+8:]) + binary.LittleEndian.Uint32(data[fileHeader+12:])
	r := bytes.NewReader(data[fileHeader+segmentHeader+int(preamble):])
	blocks := make(map[Block]uint64, 4*functions)
	for range functions {
		var head [3]uint32 // how many blocks, package, function
		for i := range head {
			value, err := next(r)
			if err != nil {
				return nil, fmt.Errorf("decode the counters: %w", err)
			}
			head[i] = value
		}
		for i := range head[0] {
			count, err := next(r)
			if err != nil {
				return nil, fmt.Errorf("decode the counters: %w", err)
			}
			if count > 0 {
				blocks[Block{Package: head[1], Function: head[2], Index: i}] = uint64(count)
			}
		}
	}
	return blocks, nil
}

func raw(r *bytes.Reader) (value uint32, err error) {
	var b [4]byte
	_, err = io.ReadFull(r, b[:])
	return binary.LittleEndian.Uint32(b[:]), err
}

func uleb128(r *bytes.Reader) (value uint32, err error) {
	for shift := 0; ; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		value |= uint32(b&0x7f) << shift
		if b < 0x80 {
			return value, nil
		}
	}
}
