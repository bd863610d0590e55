package edit

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"

	"taffrail.dev/taffrail/internal/manifest/block"
)

// yamlParser finds where the values of a YAML document end: the parser tells only where they begin.
type yamlParser struct {
	*Document
	lines []int // where each begins
	nodes map[*yamlv3.Node]*node
}

func parseYAML(d *Document, root *yamlv3.Node) (*node, error) {
	if len(root.Content) == 0 {
		return nil, errors.New("is an empty document")
	}
	p := &yamlParser{Document: d, lines: lineStarts(d.text), nodes: map[*yamlv3.Node]*node{}}
	return p.parse(root.Content[0], 0, -1, false)
}

// lineStarts knows all the line ends that the YAML parser knows.
func lineStarts(text []byte) []int {
	starts := []int{0}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n':
			i++
		case text[i] == '\n', text[i] == '\r':
		case bytes.HasPrefix(text[i:], []byte("\u0085")):
			i++
		case bytes.HasPrefix(text[i:], []byte("\u2028")), bytes.HasPrefix(text[i:], []byte("\u2029")):
			i += 2
		default:
			continue
		}
		starts = append(starts, i+1)
	}
	return starts
}

func (p *yamlParser) offset(n *yamlv3.Node) (int, error) {
	if n.Line < 1 || n.Line > len(p.lines) {
		return 0, p.cannot(0)
	}
	at := p.lines[n.Line-1]
	for range n.Column - 1 {
		if at >= len(p.text) {
			return 0, p.cannot(at)
		}
		_, size := utf8.DecodeRune(p.text[at:])
		at += size
	}
	return at, nil
}

// cannot is about YAML that is rare, and not understood here.
func (p *yamlParser) cannot(at int) error {
	return fmt.Errorf("line %d is written in a form of YAML that cannot be edited", 1+bytes.Count(p.text[:min(at, len(p.text))], []byte("\n")))
}

// parse reads a value behind a colon or a dash. Indent is the column of its key or dash.
func (p *yamlParser) parse(y *yamlv3.Node, after, indent int, inFlow bool) (*node, error) {
	n := &node{after: after, indent: indent, inFlow: inFlow, anchored: y.Anchor != ""}
	p.nodes[y] = n
	at, err := p.offset(y)
	if err != nil {
		return nil, err
	}
	if y.Kind == yamlv3.ScalarNode && y.Value == "" && y.Style&^yamlv3.TaggedStyle == 0 {
		return n, p.empty(n, y)
	}
	n.start, n.content = at, at
	if y.Style&yamlv3.TaggedStyle == 0 && at < len(p.text) && p.text[at] == '!' {
		return nil, p.cannot(at) // the tag ! alone, of which the parser does not tell
	}
	if below := after > 0 && !inFlow && y.Kind != yamlv3.SequenceNode && bytes.IndexByte(p.text[min(after, at):at], '\n') >= 0; below && p.column(at) <= indent {
		return nil, p.cannot(at) // the parser takes it there, but not everything in its place
	}
	if y.Anchor != "" || y.Style&yamlv3.TaggedStyle != 0 {
		n.content = p.skipProperties(at, inFlow)
	}
	if n.content >= len(p.text) {
		return nil, p.cannot(at)
	}
	switch y.Kind {
	case yamlv3.AliasNode:
		n.kind, n.target = alias, p.nodes[y.Alias]
		p.aliased = true
		n.end = p.wordEnd(n.content, true)
	case yamlv3.MappingNode:
		n.kind = mapping
		err = p.mapping(n, y)
	case yamlv3.SequenceNode:
		n.kind = sequence
		err = p.sequence(n, y)
	default:
		n.end, err = p.scalarEnd(y, n.content, indent)
	}
	if tagged := y.Style&yamlv3.TaggedStyle != 0; tagged && (n.anchored || n.isBlock()) {
		return nil, p.cannot(at) // what stays of it when it is replaced is not plain to see
	}
	return n, err
}

// empty is about a value that is not there, but for an anchor or a tag.
func (p *yamlParser) empty(n *node, y *yamlv3.Node) error {
	n.start, n.content, n.end = n.after, n.after, n.after
	next := bytes.TrimLeft(p.text[n.after:], " \t")
	if y.Anchor == "" && y.Style&yamlv3.TaggedStyle == 0 && !bytes.HasPrefix(next, []byte("!")) { // the tag ! has no style
		return nil
	}
	return p.cannot(n.after)
}

// skipProperties leaves out anchors and tags, and what is between them and the value.
func (p *yamlParser) skipProperties(at int, inFlow bool) int {
	for at < len(p.text) && (p.text[at] == '&' || p.text[at] == '!') {
		at = p.wordEnd(at, inFlow)
		at = p.skipBlank(at)
	}
	return at
}

// wordEnd is behind an anchor, a tag or an alias.
func (p *yamlParser) wordEnd(at int, inFlow bool) int {
	for at < len(p.text) && !isSpace(p.text[at]) && (!inFlow || bytes.IndexByte([]byte(",[]{}"), p.text[at]) < 0) {
		at++
	}
	return at
}

// skipBlank leaves out spaces, line ends and comments.
func (p *yamlParser) skipBlank(at int) int {
	for at < len(p.text) {
		switch c := p.text[at]; {
		case isSpace(c):
			at++
		case c == '#' && (at == 0 || isSpace(p.text[at-1])):
			at = lineEnd(p.text, at)
		default:
			return at
		}
	}
	return at
}

func (p *yamlParser) mapping(n *node, y *yamlv3.Node) error {
	n.flow = p.text[n.content] == '{'
	at := n.content
	if n.flow {
		at = p.skipBlank(at + 1)
	} else if n.inFlow {
		return p.cannot(at) // a pair in a list: [a: b]
	}
	column := p.column(n.content)
	for i := 0; i+1 < len(y.Content); i += 2 {
		e, err := p.entry(y.Content[i], y.Content[i+1], column, n.flow || n.inFlow)
		if err != nil {
			return err
		}
		n.entries = append(n.entries, e)
		at = e.value.end
		if n.flow {
			at = p.skipComma(at)
		}
	}
	return p.close(n, at, '}')
}

func (p *yamlParser) entry(key, value *yamlv3.Node, column int, inFlow bool) (e entry, err error) {
	if key.Kind != yamlv3.ScalarNode {
		at, _ := p.offset(key)
		return e, p.cannot(at)
	}
	k, err := p.parse(key, 0, column, inFlow)
	if err != nil {
		return e, err
	}
	colon := k.end
	for colon < len(p.text) && (p.text[colon] == ' ' || p.text[colon] == '\t') {
		colon++
	}
	if k.end == k.content || colon >= len(p.text) || p.text[colon] != ':' {
		return e, p.cannot(k.start) // ? key, or one without a value
	}
	e = entry{name: block.KeyName(key), start: k.start, end: k.end, merge: key.Tag == "!!merge"}
	e.value, err = p.parse(value, colon+1, column, inFlow)
	return e, err
}

func (p *yamlParser) sequence(n *node, y *yamlv3.Node) error {
	n.flow = p.text[n.content] == '['
	at := n.content
	if n.flow {
		at = p.skipBlank(at + 1)
	}
	for _, child := range y.Content {
		start, after, column := at, at, 0
		if !n.flow {
			start = p.skipBlank(at)
			after, column = start+1, p.column(start)
			if start >= len(p.text) || p.text[start] != '-' {
				return p.cannot(start)
			}
		}
		value, err := p.parse(child, after, column, n.flow || n.inFlow)
		if err != nil {
			return err
		}
		n.items = append(n.items, item{start, value})
		at = value.end
		if n.flow {
			at = p.skipComma(at)
		}
	}
	return p.close(n, at, ']')
}

func (p *yamlParser) skipComma(at int) int {
	at = p.skipBlank(at)
	if at < len(p.text) && p.text[at] == ',' {
		at = p.skipBlank(at + 1)
	}
	return at
}

// close ends a list or mapping where its last value ends, or behind its bracket.
func (p *yamlParser) close(n *node, at int, bracket byte) error {
	n.end = at
	if !n.flow {
		return nil
	}
	if at >= len(p.text) || p.text[at] != bracket {
		return p.cannot(at)
	}
	n.end++
	return nil
}

// column counts letters, as indentation does.
func (p *yamlParser) column(at int) int {
	return utf8.RuneCount(p.text[lineStart(p.text, at):at])
}
