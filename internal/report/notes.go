package report

import (
	"fmt"
	"io"
	"slices"

	"taffrail.dev/taffrail/internal/printable"
)

// WriteNotes writes what one should know besides the findings, what was not evaluated, and what could
// not be read: a line each, for standard error. It tells whether there was anything to write.
func (r *Report) WriteNotes(w io.Writer) bool {
	lines := slices.Clone(r.Notes)
	for _, line := range r.SkippedLines() {
		lines = append(lines, printable.Text(line))
	}
	for i := range r.Errors {
		lines = append(lines, r.Errors[i].String())
	}
	for _, line := range lines {
		_, _ = fmt.Fprintln(w, line)
	}
	return len(lines) > 0
}
