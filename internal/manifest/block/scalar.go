package block

import (
	"bytes"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// scalar reads the value at a byte of the line, and goes to the line after it. The value belongs to a
// key or an item at the column parent.
func (p *parser) scalar(at, parent int) *yamlv3.Node {
	rest := p.line[at:]
	switch rest[0] {
	case '|':
		return p.literal(at, parent)
	case '"', '\'':
		text, style, length, ok := quoted(rest)
		if !ok || !blank(rest[length:]) {
			return p.refuse()
		}
		return p.oneLine(p.text(at, text, style))
	case '[', '{':
		node, length := p.flow(at)
		if node == nil || !blank(p.line[at+length:]) {
			return p.refuse()
		}
		return p.oneLine(node)
	default:
		return p.plain(at, parent)
	}
}

func (p *parser) text(at int, text string, style yamlv3.Style) *yamlv3.Node {
	node := p.nodeAt(yamlv3.ScalarNode, at)
	node.Value, node.Style, node.Tag = text, style, "!!str"
	return node
}

// oneLine goes to the next line, which must not go on with what this one holds.
func (p *parser) oneLine(node *yamlv3.Node) *yamlv3.Node {
	p.next()
	return node
}

// plain reads a scalar without quotes. It may go on in lines that are indented more than parent.
func (p *parser) plain(at, parent int) *yamlv3.Node {
	first, ended, ok := plainLine(p.line[at:])
	if !ok || !beginsPlain(first) {
		return p.refuse()
	}
	node := p.nodeAt(yamlv3.ScalarNode, at)
	node.Value = string(first)
	number := p.number
	p.next()
	if p.line == nil || p.indent <= parent {
		return p.resolved(node)
	}
	var text strings.Builder
	text.Write(first)
	for p.line != nil && p.indent > parent {
		var more []byte
		// Blank lines and comments have a meaning here.
		if ended || p.number != number+1 || bytes.IndexByte(p.line, '\t') >= 0 {
			return p.refuse()
		}
		if more, ended, ok = plainLine(p.line[p.indent:]); !ok {
			return p.refuse()
		}
		text.WriteByte(' ')
		text.Write(more)
		number = p.number
		p.next()
	}
	node.Value = text.String()
	return p.resolved(node)
}

func (p *parser) resolved(node *yamlv3.Node) *yamlv3.Node {
	node.Tag = "!!str"
	if resolve(node.Value) != "" {
		node.Tag = ""
	}
	return node
}

// plainLine is the plain scalar that a text begins with, and whether a comment ends it.
func plainLine(text []byte) (plain []byte, ended, ok bool) {
	if end := bytes.Index(text, []byte(" #")); end >= 0 {
		text, ended = text[:end], true
	}
	text = bytes.TrimRight(text, " ")
	if len(text) == 0 || text[len(text)-1] == ':' || bytes.Contains(text, []byte(": ")) || bytes.IndexByte(text, '\t') >= 0 {
		return nil, false, false
	}
	return text, ended, true
}

// beginsPlain tells whether a text may begin a plain scalar: what YAML has other uses for may not.
func beginsPlain(text []byte) bool {
	if bytes.IndexByte([]byte("-?:"), text[0]) >= 0 {
		return len(text) > 1 && text[1] != ' '
	}
	return bytes.IndexByte([]byte(",[]{}#&*!|>'\"%@`<="), text[0]) < 0
}

// quoted is the quoted text that a text begins with, and how long it is with its quotes.
func quoted(text []byte) (value string, style yamlv3.Style, length int, ok bool) {
	if text[0] == '\'' {
		return singleQuoted(text)
	}
	end := bytes.IndexByte(text[1:], '"')
	if end < 0 {
		return "", 0, 0, false
	}
	if inner := text[1 : end+1]; bytes.IndexByte(inner, '\\') < 0 && bytes.IndexByte(inner, '\t') < 0 {
		return string(inner), yamlv3.DoubleQuotedStyle, end + 2, true
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			return b.String(), yamlv3.DoubleQuotedStyle, i + 1, true
		case '\t':
			return "", 0, 0, false
		case '\\':
			if i++; i == len(text) || escapes[text[i]] == 0 {
				return "", 0, 0, false
			}
			b.WriteByte(escapes[text[i]])
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, 0, false
}

// escapes are the ones in use.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'n': '\n', 't': '\t', 'r': '\r'}

func singleQuoted(text []byte) (value string, style yamlv3.Style, length int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		if c := text[i]; c == '\t' {
			break
		} else if c != '\'' {
			b.WriteByte(c)
		} else if i+1 < len(text) && text[i+1] == '\'' {
			b.WriteByte('\'')
			i++
		} else {
			return b.String(), yamlv3.SingleQuotedStyle, i + 1, true
		}
	}
	return "", 0, 0, false
}
