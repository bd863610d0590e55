package block

import (
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// literal reads a text after | and goes to the line after it.
func (p *parser) literal(at, parent int) *yamlv3.Node {
	header := string(p.line[at:])
	if header != "|" && header != "|-" && header != "|+" {
		return p.refuse()
	}
	node := p.text(at, "", yamlv3.LiteralStyle)
	var text strings.Builder
	indent, blanks, ended := 0, 0, false
	for {
		before, read := p.rest, p.read
		line := p.take()
		if line == nil {
			break
		}
		n := spaces(line)
		if n == len(line) && (indent == 0 || n <= indent) {
			if indent == 0 && n > parent+1 {
				return p.refuse() // a blank line that may be indented more than the text
			}
			blanks++
			continue
		}
		if indent == 0 {
			indent = n
		}
		if n <= parent || n < indent {
			p.rest, p.read, ended = before, read, true
			break
		}
		for ; blanks > 0; blanks-- {
			text.WriteByte('\n')
		}
		text.Write(line[indent:])
		text.WriteByte('\n')
	}
	if !ended && (len(p.data) == 0 || p.data[len(p.data)-1] != '\n') {
		return p.refuse() // the last line has no end to keep
	}
	node.Value = chomp(text.String(), blanks, header[1:])
	if p.next(); p.line != nil && p.indent > parent {
		return p.refuse()
	}
	return node
}

// chomp ends a text as the indicator after | says.
func chomp(text string, blanks int, indicator string) string {
	switch indicator {
	case "+":
		return text + strings.Repeat("\n", blanks)
	case "-":
		return strings.TrimSuffix(text, "\n")
	default:
		return text
	}
}
