package report

import (
	"fmt"
	"io"

	"taffrail.dev/taffrail/internal/printable"
)

// WriteNotes writes what one should know besides the findings, what was not evaluated, and what could
// not be read: a line each, for standard error.
func (r *Report) WriteNotes(w io.Writer) {
	for _, note := range r.Notes {
		_, _ = fmt.Fprintln(w, note)
	}
	for _, line := range r.SkippedLines() {
		_, _ = fmt.Fprintln(w, printable.Text(line))
	}
	for i := range r.Errors {
		_, _ = fmt.Fprintln(w, &r.Errors[i])
	}
}
