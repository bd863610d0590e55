package edit

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"taffrail.dev/taffrail/internal/workload"
)

// Edit replaces the bytes from Start to End, which are offsets, by New.
type Edit struct {
	Start, End int
	New        string
}

// Patch is a JSON patch of a value in a document.
type Patch struct {
	// At is a JSON Pointer.
	At         string
	Operations []workload.Operation
}

// Edits are what patches, one after the other, change in the text. They are in order and do not
// overlap. The document stays as it is.
func (d *Document) Edits(patches ...Patch) ([]Edit, error) {
	content, err := d.content()
	if err != nil {
		return nil, err
	}
	root := &value{slot: d.root, data: content}
	for _, patch := range patches {
		for _, op := range patch.Operations {
			if err := root.apply(patch.At, op); err != nil {
				return nil, err
			}
		}
	}
	w := &writer{Document: d}
	if err := w.document(root); err != nil {
		return nil, err
	}
	edits, err := inOrder(w.edits)
	if err == nil && d.isIntricate(edits) {
		err = d.verify(edits, root.plain())
	}
	return edits, err
}

// Apply makes edits, which must be in order.
func Apply(text []byte, edits []Edit) []byte {
	var b bytes.Buffer
	at := 0
	for _, e := range edits {
		b.Write(text[at:e.Start])
		b.WriteString(e.New)
		at = e.End
	}
	b.Write(text[at:])
	return b.Bytes()
}

// LinesBefore are the lines of a text that its lines after edits were, all counted from 1: what is
// line n after them was line LinesBefore[n-1]. What is new is where it was put.
func LinesBefore(text []byte, edits []Edit) (lines []int) {
	after := Apply(text, edits)
	moved, passed, newlines := 0, 0, 0
	for start := 0; ; {
		for len(edits) > 0 && start >= edits[0].Start+moved+len(edits[0].New) {
			moved += len(edits[0].New) - (edits[0].End - edits[0].Start)
			edits = edits[1:]
		}
		was := start - moved
		if len(edits) > 0 {
			was = min(was, edits[0].Start)
		}
		newlines += bytes.Count(text[passed:was], []byte("\n"))
		passed = was
		lines = append(lines, newlines+1)
		end := bytes.IndexByte(after[start:], '\n')
		if end < 0 {
			return lines
		}
		start += end + 1
	}
}

// inOrder sorts edits. What is deleted twice is deleted once.
func inOrder(edits []Edit) ([]Edit, error) {
	slices.SortStableFunc(edits, func(a, b Edit) int {
		// What is put in comes before what is taken out behind it.
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(min(a.End-a.Start, 1), min(b.End-b.Start, 1)))
	})
	var all []Edit
	for _, e := range edits {
		if len(all) == 0 || all[len(all)-1].End <= e.Start {
			all = append(all, e)
			continue
		}
		last := &all[len(all)-1]
		if last.New != "" || e.New != "" {
			return nil, errors.New("edits overlap")
		}
		last.End = max(last.End, e.End)
	}
	return all, nil
}
