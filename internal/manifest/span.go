package manifest

import (
	"bytes"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// Span is where something stands in a file: from its first letter to behind its last. Lines and
// columns count from 1, and columns count letters.
type Span struct{ Line, Column, EndLine, EndColumn int }

// SpanAt is where the value at a JSON Pointer stands. Of a map or a list that has lines of its own it
// is the key, or the first line of an item. Where there is no such value it is the nearest parent, and
// missing are the names below that.
func (o *Object) SpanAt(pointer string) (span Span, missing []string) {
	return o.document.spanAt(o.at+pointer, len(o.at))
}

// spanAt does not go above the object, which begins at a length of the pointer.
func (d *document) spanAt(pointer string, object int) (Span, []string) {
	node := d.root()
	if len(node.Content) == 0 {
		return Span{d.start.line, d.start.column, d.start.line, d.start.column}, nil
	}
	place, value := node.Content[0], node.Content[0]
	names := strings.Split(pointer, "/")[1:]
	for len(names) > 0 {
		key, below := child(value, pointerUnescaper.Replace(names[0]))
		if below == nil {
			break
		}
		place, value, names = key, below, names[1:]
	}
	missing := make([]string, 0, len(names))
	for _, name := range names {
		missing = append(missing, pointerUnescaper.Replace(name))
	}
	if len(pointer) > object && len(missing) == 0 && isInline(value) {
		return d.spanOf(value), missing
	}
	return d.headOf(place), missing
}

// NameAt is where a name stands that begins at a place.
func (o *Object) NameAt(line, column int, name string) Span {
	d := o.document
	from := d.offsetOf(d.inDocument(position{line, column}))
	return d.between(from, endOf(d.data, from, &yamlv3.Node{Value: name}))
}

// Name is the last name of a JSON Pointer.
func Name(pointer string) string {
	return pointerUnescaper.Replace(pointer[strings.LastIndexByte(pointer, '/')+1:])
}

// isInline tells whether a value has no lines of its own below its key.
func isInline(value *yamlv3.Node) bool {
	switch value.Kind {
	case yamlv3.ScalarNode:
		return value.Value != "" || value.Style != 0 // nothing at all is null
	case yamlv3.MappingNode, yamlv3.SequenceNode:
		return value.Style&yamlv3.FlowStyle != 0
	}
	return true
}

// spanOf is all of a key or of a value in line.
func (d *document) spanOf(node *yamlv3.Node) Span {
	from := d.offsetOf(position{node.Line, node.Column})
	return d.between(from, endOf(d.data, from, node))
}

// headOf is a key, or of anything else the first line.
func (d *document) headOf(node *yamlv3.Node) Span {
	if node.Kind == yamlv3.ScalarNode && node.Value != "" {
		return d.spanOf(node)
	}
	from := d.offsetOf(position{node.Line, node.Column})
	to, _ := d.lineEnd(from, apart)
	return d.between(from, from+len(bytes.TrimRight(d.data[from:to], " \t")))
}

func (d *document) between(from, to int) Span {
	begin, end := d.inFile(d.placeOf(from)), d.inFile(d.placeOf(to))
	return Span{begin.line, begin.column, end.line, end.column}
}

// inFile makes a place of the file of one of the document.
func (d *document) inFile(p position) position {
	if p.line == 1 {
		p.column += d.start.column - 1
	}
	return position{p.line + d.start.line - 1, p.column}
}

// inDocument is the other way round.
func (d *document) inDocument(p position) position {
	if p.line -= d.start.line - 1; p.line == 1 {
		p.column -= d.start.column - 1
	}
	return p
}
