package manifest

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// maySay tells whether a document may hold an object of one of some kinds. It looks for the name of
// the kind as YAML and JSON write a whole value. A CustomResourceDefinition names many kinds in the
// texts that describe its fields: it would be decoded for nothing.
func (f *fragment) maySay(kinds []string) bool {
	return slices.ContainsFunc(kinds, func(kind string) bool {
		for rest := f.data; ; {
			at := bytes.Index(rest, []byte(kind))
			if at < 0 {
				return false
			}
			begin := len(f.data) - len(rest) + at
			// A typed List says the kind of its items in its own.
			after := bytes.TrimPrefix(f.data[begin+len(kind):], []byte("List"))
			if endsValue(after) && beginsValue(f.data[:begin]) {
				return true
			}
			rest = rest[at+len(kind):]
		}
	})
}

// beginsValue tells whether a value may begin behind a text: in a line of its own, behind a sign of
// YAML, or behind an anchor or a tag.
func beginsValue(before []byte) bool {
	line := bytes.TrimRight(before[bytes.LastIndexAny(before, "\n\r")+1:], " \t")
	if len(line) == 0 || line[len(line)-1] >= utf8.RuneSelf || bytes.IndexByte([]byte(`"':{[,-?`), line[len(line)-1]) >= 0 {
		return true
	}
	return bytes.ContainsAny(line[bytes.LastIndexAny(line, " \t")+1:], "&!")
}

// endsValue tells whether a value may end before a text. Letters beyond ASCII may be ends of lines.
func endsValue(after []byte) bool {
	line := bytes.TrimLeft(after, " \t")
	return len(line) == 0 || line[0] >= utf8.RuneSelf || bytes.IndexByte([]byte("\"'},]#:\\\r\n"), line[0]) >= 0
}
