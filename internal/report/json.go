package report

import (
	"encoding/json"
	"io"
)

// JSON writes the report for machines, whatever could be read.
func JSON(w io.Writer, r *Report) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
