package report

import (
	"bytes"
	"io"
	"iter"
)

// JSON writes the report for machines, whatever could be read.
func JSON(w io.Writer, r *Report) error {
	head := *r
	head.Results = []Result{}
	return writeList(w, &head, "[]", "    ", r.All())
}

// writeList writes a value as JSON, with items in the place of the first empty list that is written as
// a text. Items come one at a time: all at once are many times the size of the report.
func writeList[T any](w io.Writer, value any, list, indent string, items iter.Seq[T]) error {
	var text bytes.Buffer
	encode(&text, value, "")
	return spliced(w, text.Bytes(), bytes.Index(text.Bytes(), []byte(list)), indent, func(write func([]byte) bool) {
		var one bytes.Buffer
		for item := range items {
			one.Reset()
			encode(&one, item, indent)
			if !write(bytes.TrimSuffix(one.Bytes(), []byte("\n"))) {
				return
			}
		}
	})
}

// spliced writes a text of JSON with items in the empty list that is at a place in it.
func spliced(w io.Writer, text []byte, at int, indent string, items iter.Seq[[]byte]) error {
	if _, err := w.Write(text[:at+1]); err != nil {
		return err
	}
	before := "\n" + indent
	written := false
	for item := range items {
		if _, err := io.WriteString(w, before); err != nil {
			return err
		}
		if _, err := w.Write(item); err != nil {
			return err
		}
		before, written = ",\n"+indent, true
	}
	if written {
		if _, err := io.WriteString(w, "\n"+indent[2:]); err != nil {
			return err
		}
	}
	_, err := w.Write(text[at+1:])
	return err
}
