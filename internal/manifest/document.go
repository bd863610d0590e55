package manifest

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	yamlv3 "go.yaml.in/yaml/v3"

	"taffrail.dev/taffrail/internal/edit"
)

// document is one document of a file, with what is needed to find a place in it.
type document struct {
	fragment
	// root is parsed when the first place is looked for: good manifests need none.
	root func() *yamlv3.Node
	// plain says that the nodes are there already, without anchors, merge keys and duplicates.
	plain bool
	// marks are found when the first value is looked for whose end counts.
	marks func() []mark
	// edited is how much text has been looked through for replacements.
	edited int
	// duplicates are the keys that are there twice.
	duplicates []Duplicate
	// raw is the JSON that it means.
	raw []byte
	// editable is parsed when the first edit is asked for.
	editable func() (*edit.Document, error)
	ignores  ignores
}

func newDocument(f fragment) *document {
	d := &document{fragment: f, marks: sync.OnceValue(func() []mark { return marksIn(f.data) }), root: sync.OnceValue(func() *yamlv3.Node {
		data := f.data
		if f.json {
			data = jsonEscape.ReplaceAllFunc(data, sameWidth)
		}
		var node yamlv3.Node
		// What is no YAML has been told by then.
		_ = yamlv3.Unmarshal(data, &node)
		return &node
	})}
	d.editable = sync.OnceValues(func() (*edit.Document, error) {
		if d.json {
			return edit.Parse(d.data, nil, d.raw)
		}
		return edit.Parse(d.data, d.root(), d.raw)
	})
	return d
}

// jsonEscape are the escapes of JSON strings that the YAML parser does not
// take, and the escaped backslash, which is no beginning of one.
var jsonEscape = regexp.MustCompile(`\\(?:\\|/|u[dD][89a-fA-F][0-9a-fA-F]{2})`)

// sameWidth replaces an escape by as many letters, for what comes after it to stay where it is.
func sameWidth(escape []byte) []byte {
	if escape[1] == '\\' {
		return escape
	}
	return []byte(strings.Repeat("_", len(escape)))
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

var pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")

// position finds the value at a JSON Pointer or its nearest parent.
func (d *document) position(pointer string) (line, column int) {
	node := d.root()
	if len(node.Content) == 0 {
		return d.start.line, d.start.column
	}
	node = node.Content[0]
	place := node
	for _, name := range strings.Split(pointer, "/")[1:] {
		key, value := child(node, pointerUnescaper.Replace(name))
		if value == nil {
			break
		}
		place, node = key, value
	}
	line, column = place.Line, place.Column
	if line == 1 {
		column += d.start.column - 1
	}
	return line + d.start.line - 1, column
}

// child finds a member by its name, or an item by its index: where it is, and what it is.
func child(node *yamlv3.Node, name string) (place, value *yamlv3.Node) {
	switch node = target(node); node.Kind {
	case yamlv3.MappingNode:
		return member(node, name)
	case yamlv3.SequenceNode:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	}
	return nil, nil
}

// mergeTag is what the parser calls the key <<.
const mergeTag = "!!merge"

func target(node *yamlv3.Node) *yamlv3.Node {
	if node.Kind == yamlv3.AliasNode {
		return node.Alias
	}
	return node
}

func member(mapping *yamlv3.Node, name string) (key, value *yamlv3.Node) {
	for i := len(mapping.Content) - 2; i >= 0; i -= 2 { // of keys that are there twice the last counts
		if mapping.Content[i].Value == name {
			return mapping.Content[i], mapping.Content[i+1]
		}
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Tag != mergeTag {
			continue
		}
		merged := target(mapping.Content[i+1])
		if merged.Kind == yamlv3.MappingNode {
			return member(merged, name)
		}
		for _, one := range merged.Content {
			if key, value := member(target(one), name); value != nil {
				return key, value
			}
		}
	}
	return nil, nil
}

// duplicatesIn are those in the object at a JSON Pointer.
func (d *document) duplicatesIn(at string) (some []Duplicate) {
	for _, duplicate := range d.duplicates {
		if pointer, is := strings.CutPrefix(duplicate.Pointer, at+"/"); is {
			duplicate.Pointer = "/" + pointer
			some = append(some, duplicate)
		}
	}
	return some
}
