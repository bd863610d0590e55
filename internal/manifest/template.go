package manifest

import (
	"bytes"
	"strings"
	"sync"

	yamlv3 "go.yaml.in/yaml/v3"
)

// inTemplate is the document with the places of the template that it was rendered from. A value is at
// the line that its line came from, or else where its nearest parent is: what a helper made is where it
// was called for.
func (d *document) inTemplate(template []byte) *document {
	placed := newDocument(fragment{data: template, start: position{1, 1}})
	rendered := d
	placed.root = sync.OnceValue(func() *yamlv3.Node {
		root := rendered.root()
		if len(root.Content) == 0 || len(template) == 0 {
			return &yamlv3.Node{}
		}
		lines := align(linesOf(rendered.data), linesOf(template))
		return lines.node(root, position{1, 1}, map[*yamlv3.Node]*yamlv3.Node{})
	})
	return placed
}

// templateLines is where lines of a rendered text come from, with how much further to the right they
// begin there. Lines count from 0.
type templateLines map[int]origin

type origin struct{ line, shift int }

// node makes a copy of a node with its places in the template. Scalars that are no keys have no text:
// the template has another.
func (t templateLines) node(of *yamlv3.Node, parent position, copied map[*yamlv3.Node]*yamlv3.Node) *yamlv3.Node {
	if known := copied[of]; known != nil {
		return known
	}
	node := &yamlv3.Node{Kind: of.Kind, Tag: of.Tag}
	copied[of] = node
	at := parent
	if of.Kind != yamlv3.DocumentNode {
		at = t.place(of, parent)
	}
	node.Line, node.Column = at.line, at.column
	if of.Alias != nil {
		node.Alias = t.node(of.Alias, at, copied)
	}
	for i, child := range of.Content {
		below := at
		if of.Kind == yamlv3.MappingNode && i%2 == 1 {
			key := node.Content[i-1]
			below = position{key.Line, key.Column}
		}
		one := t.node(child, below, copied)
		if of.Kind == yamlv3.MappingNode && i%2 == 0 {
			one.Value = child.Value
		}
		node.Content = append(node.Content, one)
	}
	return node
}

func (t templateLines) place(of *yamlv3.Node, parent position) position {
	from, known := t[of.Line-1]
	if !known {
		return parent
	}
	return position{from.line + 1, max(of.Column+from.shift, 1)}
}

// line is the text of a line without what indents it.
type line struct {
	text   string
	indent int
	key    string
}

func linesOf(data []byte) (all []line) {
	for text := range bytes.Lines(data) {
		trimmed := strings.TrimSpace(string(text))
		key, _, is := strings.Cut(trimmed, ":")
		if !is {
			key = ""
		}
		all = append(all, line{trimmed, indentation(text), key})
	}
	return all
}

// alike is how much a line of a rendered text looks like one that came from a line of a template.
func alike(rendered, template *line) int {
	switch {
	case rendered.text == "" || rendered.text == "---":
		return 0
	case rendered.text == template.text:
		return 2
	case rendered.key != "" && rendered.key == template.key && strings.Contains(template.text, "{{"):
		return 1
	}
	return 0
}

// maxAlign bounds the time and memory that it takes to align two texts.
const maxAlign = 4 << 20

// align finds the lines that came from one another: the longest sequence, in the order of both.
func align(rendered, template []line) templateLines {
	lines, width := templateLines{}, len(template)+1
	if (len(rendered)+1)*width > maxAlign {
		return lines
	}
	best := make([]int32, (len(rendered)+1)*width)
	for i := len(rendered) - 1; i >= 0; i-- {
		for j := len(template) - 1; j >= 0; j-- {
			at := max(best[(i+1)*width+j], best[i*width+j+1])
			if n := alike(&rendered[i], &template[j]); n > 0 {
				at = max(at, best[(i+1)*width+j+1]+int32(n)) //nolint:gosec // it is 1 or 2
			}
			best[i*width+j] = at
		}
	}
	for i, j := 0, 0; i < len(rendered) && j < len(template); {
		n := alike(&rendered[i], &template[j])
		switch {
		case n > 0 && best[i*width+j] == best[(i+1)*width+j+1]+int32(n): //nolint:gosec // it is 1 or 2
			lines[i] = origin{j, template[j].indent - rendered[i].indent}
			i, j = i+1, j+1
		case best[i*width+j] == best[(i+1)*width+j]:
			i++
		default:
			j++
		}
	}
	for i := range rendered {
		if _, known := lines[i]; !known {
			lines.repeated(i, rendered, template)
		}
	}
	return lines
}

// repeated finds where a line comes from that a loop of the template has made once more: the only one
// that it looks like.
func (t templateLines) repeated(i int, rendered, template []line) {
	found := -1
	for j := range template {
		if alike(&rendered[i], &template[j]) == 0 {
			continue
		}
		if found >= 0 {
			return
		}
		found = j
	}
	if found >= 0 {
		t[i] = origin{found, template[found].indent - rendered[i].indent}
	}
}
