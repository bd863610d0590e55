package report

import (
	"fmt"
	"io"

	"taffrail.dev/taffrail/internal/printable"
)

// concise writes a line a finding, as compilers do: editors jump to file:line:column.
func concise(w io.Writer, r *Report, before func() bool) error {
	t := newText(w, Look{})
	for f := range r.All() {
		t.line(part{text: fmt.Sprintf("%s:%d:%d: %s %s: %s", printable.Text(f.File), f.Line, f.Column, f.Action, printable.Text(f.Validator), f.sentence())})
	}
	if err := t.flush(); err != nil {
		return err
	}
	if before != nil {
		before()
	}
	return t.last(r)
}
