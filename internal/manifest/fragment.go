package manifest

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// fragment is a part of a file that holds one document.
type fragment struct {
	data  []byte
	start position
	// offset is where it begins, in bytes.
	offset int
	json   bool
}

// position is a line and a column, counted from 1.
type position struct{ line, column int }

// after is the position at the end of a text that begins at p.
func (p position) after(text []byte) position {
	if lines := bytes.Count(text, []byte("\n")); lines > 0 {
		p.line += lines
		p.column = 1
		text = text[bytes.LastIndexByte(text, '\n')+1:]
	}
	p.column += utf8.RuneCount(text)
	return p
}

// split cuts a file into its documents.
func split(data []byte) []fragment {
	var all []fragment
	for _, f := range splitYAML(data) {
		all = append(all, splitJSON(f)...)
	}
	return all
}

// splitYAML cuts at the lines that mark the beginning and the end of a document. Nothing else may
// begin with these, not even within a block of text, so no parser is needed. Comments and
// directives before a mark belong to the document that it begins.
func splitYAML(data []byte) []fragment {
	var all []fragment
	begin, offset, content := 0, 0, false
	start := position{1, 1}
	cut := func(end int) {
		if end > begin {
			all = append(all, fragment{data: data[begin:end], start: start, offset: begin})
		}
		start = start.after(data[begin:end])
		begin, content = end, false
	}
	for line := range bytes.Lines(data) {
		switch {
		case isMark(line, "---") && content:
			cut(offset)
			content = true
		case isMark(line, "..."):
			cut(offset + len(line))
		default:
			content = content || !isProlog(line)
		}
		offset += len(line)
	}
	cut(offset)
	return all
}

func isMark(line []byte, mark string) bool {
	after, found := bytes.CutPrefix(line, []byte(mark))
	return found && (len(after) == 0 || bytes.IndexByte([]byte(" \t\r\n"), after[0]) >= 0)
}

// isProlog tells whether a line may stand before a document: it is blank, a comment or a directive.
func isProlog(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) == 0 || line[0] == '#' || line[0] == '%'
}

// splitJSON cuts what is in truth one JSON value after another. What is no JSON
// is left to the YAML parser.
func splitJSON(f fragment) []fragment {
	rest := skipProlog(f.data)
	if len(rest) == 0 || rest[0] != '{' {
		return []fragment{f}
	}
	var values []fragment
	begin := len(f.data) - len(rest)
	start := f.start.after(f.data[:begin])
	decoder := json.NewDecoder(bytes.NewReader(rest))
	for end := 0; ; {
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			break
		}
		next := int(decoder.InputOffset())
		start = start.after(rest[end : next-len(value)])
		values = append(values, fragment{data: value, start: start, offset: f.offset + begin + next - len(value), json: true})
		start, end = start.after(value), next
	}
	if tail := rest[decoder.InputOffset():]; len(values) == 0 {
		return []fragment{f}
	} else if len(skipProlog(tail)) > 0 {
		values = append(values, fragment{data: tail, start: start, offset: f.offset + len(f.data) - len(tail)})
	}
	return values
}

// skipProlog leaves out what may stand before the first value.
func skipProlog(data []byte) []byte {
	for line := range bytes.Lines(data) {
		if !isProlog(line) && !isMark(bytes.TrimSpace(line), "---") {
			break
		}
		data = data[len(line):]
	}
	return bytes.TrimLeft(data, " \t\r\n")
}
