package report

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"io"
	"iter"
	"slices"
)

// mostLoose is how many findings are kept as they are. They take a kilobyte each, packed a thirtieth.
const mostLoose = 4096

// block is some findings in their order, packed.
type block []byte

// Pack keeps many findings in little memory: all but the last few, which are still in Results. All has
// them all.
func (r *Report) Pack() {
	if len(r.Results) < mostLoose {
		return
	}
	r.packed = append(r.packed, pack(sorted(r.Results)))
	r.count += len(r.Results)
	r.Results = r.Results[:0]
	clear(r.Results[:cap(r.Results)]) // which would keep what they say
}

// Len is the number of findings.
func (r *Report) Len() int { return r.count + len(r.Results) }

// All are the findings. Where some are packed, they come by their places, and Sort must have been
// called. One is only valid until the next comes.
func (r *Report) All() iter.Seq[*Result] {
	return func(yield func(*Result) bool) {
		streams := make([]stream, 0, len(r.packed)+1)
		for _, packed := range r.packed {
			streams = append(streams, packed.stream())
		}
		streams = append(streams, loose(r.Results))
		heads := make([]*Result, len(streams))
		for i, next := range streams {
			heads[i] = next()
		}
		for {
			first := -1
			for i, head := range heads {
				// Of several in one place the ones that were added first are first.
				if head != nil && (first < 0 || byPlace(head, heads[first]) < 0) {
					first = i
				}
			}
			if first < 0 || !yield(heads[first]) {
				return
			}
			heads[first] = streams[first]()
		}
	}
}

// stream answers one finding after the other, and nil at the end.
type stream func() *Result

func loose(results []Result) stream {
	i := -1
	return func() *Result {
		if i++; i < len(results) {
			return &results[i]
		}
		return nil
	}
}

// Sort sorts the findings by their places. Those of one place stay in their order.
func (r *Report) Sort() {
	sorted(r.Results)
	r.inOrder = true
}

func sorted(results []Result) []Result {
	slices.SortStableFunc(results, func(a, b Result) int { return byPlace(&a, &b) })
	return results
}

func byPlace(a, b *Result) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

func pack(results []Result) block {
	var out bytes.Buffer
	squeezed, _ := flate.NewWriter(&out, flate.BestSpeed) // which knows this level
	var one packer
	for i := range results {
		one.buffer = one.buffer[:0]
		one.result(&results[i])
		_, _ = squeezed.Write(one.buffer) // to memory
	}
	_ = squeezed.Close()
	return slices.Clip(out.Bytes())
}

func (b block) stream() stream {
	in := &unpacker{in: bufio.NewReaderSize(flate.NewReader(bytes.NewReader(b)), 4<<10)}
	return func() *Result {
		if _, err := in.in.Peek(1); err == io.EOF {
			return nil
		}
		return in.result()
	}
}
