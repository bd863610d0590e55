package block

import (
	"bytes"

	yamlv3 "go.yaml.in/yaml/v3"
)

// flow reads the list or the mapping in brackets at a byte of the line, and how long it is.
func (p *parser) flow(at int) (node *yamlv3.Node, length int) {
	if p.depth++; p.depth > maxDepth {
		return nil, 0
	}
	defer func() { p.depth-- }()
	kind, closing := yamlv3.SequenceNode, byte(']')
	if p.line[at] == '{' {
		kind, closing = yamlv3.MappingNode, '}'
	}
	node = p.nodeAt(kind, at)
	node.Style = yamlv3.FlowStyle
	keys := keySet{}
	for i := at + 1; ; {
		i += spaces(p.line[i:])
		if i < len(p.line) && p.line[i] == closing {
			return node, i + 1 - at
		}
		if kind == yamlv3.MappingNode {
			key := p.keyAt(i)
			if key == nil || !keys.add(key.text) {
				return nil, 0
			}
			keyNode := p.text(i, key.text, key.style)
			node.Content = append(node.Content, keyNode)
			i = key.end + spaces(p.line[key.end:])
		}
		value, length := p.flowValue(i)
		if value == nil {
			return nil, 0
		}
		node.Content = append(node.Content, value)
		i += length
		i += spaces(p.line[i:])
		switch {
		case i < len(p.line) && p.line[i] == ',':
			i++
		case i >= len(p.line) || p.line[i] != closing:
			return nil, 0
		}
	}
}

func (p *parser) flowValue(at int) (*yamlv3.Node, int) {
	if at >= len(p.line) {
		return nil, 0
	}
	switch rest := p.line[at:]; rest[0] {
	case '[', '{':
		return p.flow(at)
	case '"', '\'':
		text, style, length, ok := quoted(rest)
		if !ok {
			return nil, 0
		}
		return p.text(at, text, style), length
	default:
		end := bytes.IndexAny(rest, ",[]{}\"'#\t?")
		if end <= 0 {
			return nil, 0
		}
		text := bytes.TrimRight(rest[:end], " ")
		if len(text) == 0 || bytes.IndexByte(text, ':') >= 0 || !beginsPlain(text) || text[0] == '-' && (len(text) == 1 || resolve(string(text)) == "") {
			return nil, 0
		}
		node := p.nodeAt(yamlv3.ScalarNode, at)
		node.Value = string(text)
		return p.resolved(node), end
	}
}
