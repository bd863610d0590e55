// Package steps counts what code does. It tells linear work from quadratic work exactly, where a
// clock on a busy machine tells nothing.
//
// A step is one run of a block of straight-line code. The Go toolchain counts them in a binary that
// is built with -covermode=atomic, in the packages that -coverpkg names; no code is changed for it.
package steps

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
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
	data = data[min(len(data), fileHeader+segmentHeader+int(preamble)):]
	read := func() (value uint32) {
		value, data = next(data)
		return value
	}
	blocks := make(map[Block]uint64, functions)
	for range functions {
		many, in, function := read(), read(), read()
		for i := range many {
			if count := read(); count > 0 {
				blocks[Block{Package: in, Function: function, Index: i}] = uint64(count)
			}
		}
		if data == nil {
			return nil, errors.New("decode the counters: they end too early")
		}
	}
	return blocks, nil
}

// raw and uleb128 read a number, and return what follows it: nil where there is no number.
func raw(data []byte) (value uint32, rest []byte) {
	if len(data) < 4 {
		return 0, nil
	}
	return binary.LittleEndian.Uint32(data), data[4:]
}

func uleb128(data []byte) (value uint32, rest []byte) {
	for i, b := range data {
		value |= uint32(b&0x7f) << (7 * i)
		if b < 0x80 {
			return value, data[i+1:]
		}
	}
	return 0, nil
}
