package manifest

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// mark is where a place of a document is.
type mark struct {
	position
	offset int
}

// apart is how far two marks are from each other at most: a document may be one line of many megabytes,
// and have many findings.
const apart = 1 << 12

// marksIn are the beginnings of lines, as the YAML parser counts them, which knows more line ends than
// editors do, and places within long lines.
func marksIn(data []byte) []mark {
	at := mark{position{1, 1}, 0}
	marks := []mark{at}
	for at.offset < len(data) {
		if n := ordinary(data[at.offset:], apart); n > 0 {
			at = mark{position{at.line, at.column + n}, at.offset + n}
		} else if n := lineBreak(data[at.offset:]); n > 0 {
			at = mark{position{at.line + 1, 1}, at.offset + n}
		} else {
			at = at.next(data)
		}
		if at.column == 1 || at.offset >= marks[len(marks)-1].offset+apart {
			marks = append(marks, at)
		}
	}
	return marks
}

// ordinary is how long a text begins with letters of ASCII, at most so many: they are a column each.
func ordinary(text []byte, most int) (n int) {
	for n < min(len(text), most) && text[n] >= ' ' && text[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// next is behind the letter at a mark.
func (m mark) next(data []byte) mark {
	_, size := utf8.DecodeRune(data[m.offset:])
	return mark{position{m.line, m.column + 1}, m.offset + size}
}

// lineBreak is the length of the line end that a text begins with, or 0.
func lineBreak(text []byte) int {
	switch {
	case text[0] == '\n':
		return 1
	case text[0] == '\r':
		if len(text) > 1 && text[1] == '\n' {
			return 2
		}
		return 1
	case bytes.HasPrefix(text, []byte("\u0085")):
		return 2
	case bytes.HasPrefix(text, []byte("\u2028")), bytes.HasPrefix(text, []byte("\u2029")):
		return 3
	}
	return 0
}

// offsetOf is where in a document a place is, or the end of its line.
func (d *document) offsetOf(p position) int {
	marks := d.marks()
	i := sort.Search(len(marks), func(i int) bool {
		return marks[i].line > p.line || marks[i].line == p.line && marks[i].column > p.column
	})
	m := marks[max(i, 1)-1]
	for m.offset < len(d.data) && m.column < p.column && lineBreak(d.data[m.offset:]) == 0 {
		m = m.next(d.data)
	}
	return m.offset
}

// placeOf is the place in a document of an offset.
func (d *document) placeOf(offset int) position {
	marks := d.marks()
	m := marks[sort.Search(len(marks), func(i int) bool { return marks[i].offset > offset })-1]
	for m.offset < offset {
		m = m.next(d.data)
	}
	return m.position
}

// lineEnd is where the line of an offset ends, at most so many letters further on.
func (d *document) lineEnd(offset, most int) (end int, cut bool) {
	for range most {
		if offset >= len(d.data) || lineBreak(d.data[offset:]) > 0 {
			return offset, false
		}
		_, size := utf8.DecodeRune(d.data[offset:])
		offset += size
	}
	return offset, offset < len(d.data) && lineBreak(d.data[offset:]) == 0
}

// lineStart is where the line of an offset begins, at most so many letters before.
func (d *document) lineStart(offset, most int) (start int, cut bool) {
	column := d.placeOf(offset).column
	for range min(most, column-1) {
		_, size := utf8.DecodeLastRune(d.data[:offset])
		offset -= size
	}
	return offset, column-1 > most
}
