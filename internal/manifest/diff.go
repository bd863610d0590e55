package manifest

import (
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/edit"
	"taffrail.dev/taffrail/internal/workload"
)

// Replacement is what to write in place of what stands somewhere.
type Replacement struct {
	Span
	New string
	// start and end are offsets in the document.
	start, end int
}

// mostEdited bounds the text that is looked through for the replacements in one document, in bytes: each
// time it is all of it, which for the thousands of findings in a long List would take minutes.
const mostEdited = 32 << 20

// Replacements are what operations of a JSON patch change in the text of the object, in order. It is
// not for use by several at once.
func (o *Object) Replacements(operations []workload.Operation) ([]Replacement, error) {
	d := o.document
	if d.edited += len(d.data); d.edited > mostEdited {
		return nil, fmt.Errorf("%s: has more to fix than is shown of a document of this size", o.File)
	}
	editable, err := d.editable()
	if err != nil {
		return nil, err
	}
	edits, err := editable.Edits(edit.Patch{At: o.at, Operations: operations})
	if err != nil {
		return nil, err
	}
	all := make([]Replacement, 0, len(edits))
	for _, e := range edits {
		all = append(all, o.replacement(e.Start, e.End, e.New))
	}
	return all, nil
}

// replacement makes one of offsets in the document that the object is in.
func (o *Object) replacement(start, end int, text string) Replacement {
	return Replacement{o.document.between(start, end), text, start, end}
}

// Diff is how a few lines of a file change.
type Diff struct {
	// Line is that of the first one.
	Line           int
	Removed, Added []string
}

// What is looked at to make a diff of a few lines is bounded, and so are the lines, in bytes: nobody
// finds a change in a longer one.
const (
	mostChanged = 4096
	longestLine = 240
)

// Diff is what replacements, which are in order, make of the lines of the file. It is nil where that
// takes more lines than asked for.
func (o *Object) Diff(replacements []Replacement, most int) *Diff {
	if len(replacements) == 0 {
		return nil
	}
	d := o.document
	first, last := replacements[0], replacements[len(replacements)-1]
	from, cutBefore := d.lineStart(first.start, mostChanged)
	to, cutAfter := d.lineEnd(last.end, mostChanged)
	if cutBefore || cutAfter || to-from > mostChanged {
		return nil
	}
	var now strings.Builder
	at := from
	for _, r := range replacements {
		now.Write(d.data[at:r.start])
		now.WriteString(r.New)
		at = r.end
	}
	now.Write(d.data[at:to])
	diff := &Diff{d.inFile(d.placeOf(from)).line, textLines(string(d.data[from:to])), textLines(now.String())}
	diff.trim()
	lines := slices.Concat(diff.Removed, diff.Added)
	if len(lines) > most || slices.ContainsFunc(lines, func(line string) bool { return len(line) > longestLine }) {
		return nil
	}
	return diff
}

// trim leaves out the lines that stay.
func (d *Diff) trim() {
	for len(d.Removed) > 0 && len(d.Added) > 0 && d.Removed[0] == d.Added[0] {
		d.Line, d.Removed, d.Added = d.Line+1, d.Removed[1:], d.Added[1:]
	}
	for len(d.Removed) > 0 && len(d.Added) > 0 && d.Removed[len(d.Removed)-1] == d.Added[len(d.Added)-1] {
		d.Removed, d.Added = d.Removed[:len(d.Removed)-1], d.Added[:len(d.Added)-1]
	}
}

// textLines are the lines of a text, without their ends.
func textLines(text string) []string {
	if text == "" {
		return nil
	}
	return slices.Collect(func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if !yield(strings.TrimRight(line, "\r\n")) {
				return
			}
		}
	})
}
