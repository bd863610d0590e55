package manifest

import (
	"bytes"
	"testing"

	"taffrail.dev/taffrail/internal/workload"
)

// FuzzRead: whatever the bytes, nothing is lost without a word, and every object
// has a place in the text.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"apiVersion: v1\nkind: Pod\n---\n{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]} {}", "a: &a [*a]", "a: &a\n  <<: *a\n", "\ufeff%YAML\n---\n...\n", "? a\n: b",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		input := Read(bytes.NewReader(data), "-")
		if bytes.ContainsAny(data, "\r\u0085\u2028\u2029") {
			return // line ends for the YAML parser, but not for editors
		}
		lines := bytes.Count(data, []byte("\n")) + 1
		for _, o := range input.Objects {
			line, column := o.Position((*workload.Path)(nil).Child("metadata", "name"))
			span, _ := o.SpanAt("/metadata/name")
			if end := o.Excerpt(span); end.Line != span.Line || span.EndLine < span.Line || span.EndLine > lines {
				t.Errorf("%s ends at %d:%d of %d lines", o.Kind, span.EndLine, span.EndColumn, lines)
			}
			if line < 1 || line > lines || column < 1 {
				t.Errorf("%s is at %d:%d of %d lines", o.Kind, line, column, lines)
			}
		}
		for _, err := range input.Errors {
			if err.Line > lines {
				t.Errorf("%v is after the end, line %d", err, lines)
			}
		}
	})
}
