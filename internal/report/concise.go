package report

import (
	"fmt"
	"io"

	"taffrail.dev/taffrail/internal/printable"
)

// Concise writes a line a finding, as compilers do: editors jump to file:line:column.
func Concise(w io.Writer, r *Report) error {
	for _, f := range r.Results {
		path := f.Path
		if path != "" {
			path += ": "
		}
		_, err := fmt.Fprintf(w, "%s:%d:%d: %s %s: %s %q: %s%s\n",
			printable.Text(f.File), f.Line, f.Column, f.Action, printable.Text(f.Validator), printable.Text(f.Resource), f.Name, path, f.Message)
		if err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, r.summary())
	return err
}
