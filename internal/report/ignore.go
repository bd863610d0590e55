package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Ignore is what a manifest says is to be ignored, and what is wrong with that, if anything.
type Ignore struct {
	File        string
	Line        int
	Name, Wrong string
}

// Ignores says of what is to be ignored whether anything was.
func (r *Report) Ignores(what Ignore, anything bool) {
	r.ignores[what] = r.ignores[what] || anything
}

// NoteIgnores tells of what is to be ignored and cannot be, and of what ignores nothing.
func (r *Report) NoteIgnores() {
	for _, i := range slices.SortedFunc(maps.Keys(r.ignores), func(a, b Ignore) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Name, b.Name))
	}) {
		at := fmt.Sprintf("%s:%d: ", i.File, i.Line)
		switch {
		case i.Wrong != "":
			r.Note(at + i.Wrong)
		case !r.ignores[i] && len(r.Errors) == 0: // what could not be read may have what is ignored
			r.Note(at + "taffrail:ignore " + i.Name + " ignores nothing: take it out")
		}
	}
}
