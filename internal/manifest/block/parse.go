package block

import (
	"bytes"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
)

// maxDepth bounds recursion: no manifest is nested as deeply.
const maxDepth = 100

// maxKey bounds keys, in bytes: YAML has none on one line of more than 1,024 letters.
const maxKey = 1000

// Parse reads one document. It returns nil where there is anything that it does not read.
func Parse(data []byte) *yamlv3.Node {
	if !readable(data) {
		return nil
	}
	p := &parser{data: data}
	p.next()
	if p.atMark() {
		p.next()
	}
	root := p.block(0)
	if root == nil || p.refused || p.line != nil {
		return nil
	}
	document := p.node(yamlv3.DocumentNode, root.Line, root.Column)
	document.Content = []*yamlv3.Node{root}
	return document
}

// parser goes through a document line by line.
type parser struct {
	data []byte
	// rest is what comes after the line.
	rest int
	// line is the one to read next, without its end: neither blank nor a comment. Nil at the end.
	line []byte
	// indent is where the text of the line begins, number counts lines from 1.
	indent, number int
	// read is how many lines have been taken from data.
	read  int
	depth int

	nodes   []yamlv3.Node
	refused bool
}

// refuse says that the document is not for this parser.
func (p *parser) refuse() *yamlv3.Node {
	p.refused = true
	return nil
}

// take is the next line of all, without its end, or nil.
func (p *parser) take() []byte {
	if p.rest >= len(p.data) {
		return nil
	}
	line := p.data[p.rest:]
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
		p.rest++
	}
	p.rest += len(line)
	p.read++
	return line
}

// next goes to the next line that is neither blank nor a comment.
func (p *parser) next() {
	for line := p.take(); line != nil; line = p.take() {
		indent := spaces(line)
		if indent == len(line) || line[indent] == '#' {
			continue
		}
		p.line, p.indent, p.number = line, indent, p.read
		return
	}
	p.line, p.indent, p.number = nil, -1, p.read
}

// atMark tells whether the line begins the document.
func (p *parser) atMark() bool {
	after, is := bytes.CutPrefix(p.line, []byte("---"))
	return is && blank(after)
}

// block reads the mapping or the list that begins at the line, which is indented by at least so much.
func (p *parser) block(least int) *yamlv3.Node {
	if p.line == nil || p.indent < least {
		return p.refuse()
	}
	return p.nested(p.indent)
}

// nested reads a mapping or a list whose first key or item is at a column of the line.
func (p *parser) nested(column int) *yamlv3.Node {
	if p.depth++; p.depth > maxDepth || bytes.IndexByte(p.line, '\t') >= 0 {
		return p.refuse()
	}
	defer func() { p.depth-- }()
	if isItem(p.line[column:]) {
		return p.list(column)
	}
	return p.mapping(column)
}

func (p *parser) list(column int) *yamlv3.Node {
	list := p.nodeAt(yamlv3.SequenceNode, column)
	for at := column; ; at = p.indent {
		content := at + 1
		content += spaces(p.line[content:])
		var item *yamlv3.Node
		switch rest := p.line[content:]; {
		case nothing(rest):
			if p.next(); p.indent <= column { // nothing: whoever reads all YAML knows where that is
				return p.refuse()
			}
			item = p.below(column)
		case isItem(rest), p.keyAt(content) != nil:
			item = p.nested(content)
		default:
			item = p.scalar(content, column)
		}
		if p.refused {
			return nil
		}
		list.Content = append(list.Content, item)
		if p.indent != column || !isItem(p.line[column:]) {
			return list
		}
		if bytes.IndexByte(p.line, '\t') >= 0 {
			return p.refuse()
		}
	}
}

func (p *parser) mapping(column int) *yamlv3.Node {
	mapping := p.nodeAt(yamlv3.MappingNode, column)
	keys := keySet{}
	for {
		key := p.keyAt(column)
		if key == nil || key.end-column > maxKey || !keys.add(key.text) || bytes.IndexByte(p.line, '\t') >= 0 {
			return p.refuse()
		}
		keyNode := p.nodeAt(yamlv3.ScalarNode, column)
		keyNode.Value, keyNode.Style, keyNode.Tag = key.text, key.style, "!!str"
		value := p.value(key.end, column)
		if p.refused {
			return nil
		}
		mapping.Content = append(mapping.Content, keyNode, value)
		if p.indent < column {
			return mapping
		}
		if p.indent > column || isItem(p.line[column:]) {
			return p.refuse()
		}
	}
}

// value reads what comes after the colon of a key, in the line or below it.
func (p *parser) value(after, column int) *yamlv3.Node {
	begin := after + spaces(p.line[after:])
	if !nothing(p.line[begin:]) {
		return p.scalar(begin, column)
	}
	null := p.nodeAt(yamlv3.ScalarNode, after)
	null.Tag = "!!null"
	switch p.next(); {
	case p.indent > column:
		return p.below(column)
	case p.indent == column && isItem(p.line[column:]):
		return p.nested(column)
	default:
		return null
	}
}

// below reads the value that begins in the line, of a key or an item at a column of a line before.
func (p *parser) below(column int) *yamlv3.Node {
	if isItem(p.line[p.indent:]) || p.keyAt(p.indent) != nil {
		return p.nested(p.indent)
	}
	return p.scalar(p.indent, column)
}

// node makes a node out of a slice of many.
func (p *parser) node(kind yamlv3.Kind, line, column int) *yamlv3.Node {
	if len(p.nodes) == 0 {
		p.nodes = make([]yamlv3.Node, 64)
	}
	node := &p.nodes[0]
	p.nodes = p.nodes[1:]
	node.Kind, node.Line, node.Column = kind, line, column
	switch kind {
	case yamlv3.MappingNode:
		node.Tag = "!!map"
	case yamlv3.SequenceNode:
		node.Tag = "!!seq"
	}
	return node
}

// nodeAt makes a node for what begins at a byte of the line.
func (p *parser) nodeAt(kind yamlv3.Kind, at int) *yamlv3.Node {
	return p.node(kind, p.number, 1+utf8.RuneCount(p.line[:at]))
}

// isItem tells whether a text begins an item of a list.
func isItem(text []byte) bool {
	return len(text) > 0 && text[0] == '-' && (len(text) == 1 || text[1] == ' ')
}

func spaces(text []byte) int {
	n := 0
	for n < len(text) && text[n] == ' ' {
		n++
	}
	return n
}

// blank tells whether what comes after something is nothing but a comment.
func blank(text []byte) bool {
	n := spaces(text)
	return n == len(text) || n > 0 && text[n] == '#'
}

// nothing is blank for a text whose spaces have been passed over.
func nothing(rest []byte) bool { return len(rest) == 0 || rest[0] == '#' }
