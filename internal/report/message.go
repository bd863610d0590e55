package report

import (
	"slices"
	"strings"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/printable"
)

// MessageOf is a finding without what a result has fields for.
func MessageOf(f *guardrail.Finding) string {
	text := strings.TrimPrefix(f.String(), f.Validator+": ")
	return strings.TrimPrefix(text, f.Path.String()+": ")
}

// MustOf is what must be, of a message that tells first what is there.
func MustOf(message, detail string) string {
	if i := strings.Index(message, printable.Text(detail)); i > 0 {
		return message[i:]
	}
	return message
}

// MissingIn is the end of a path that leads from what is written to what is not, of which the names
// are known.
func MissingIn(path string, names []string) string {
	before := path
	for _, name := range slices.Backward(names) {
		name = printable.Text(name)
		if cut, is := strings.CutSuffix(before, "["+name+"]"); is {
			before = cut
		} else if cut, is := strings.CutSuffix(before, name); is {
			before = strings.TrimSuffix(cut, ".")
		}
	}
	return strings.TrimPrefix(path[len(before):], ".")
}
