package edit

import (
	"sync"

	yamlv3 "go.yaml.in/yaml/v3"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Document is a document of which it is known where each value is written.
type Document struct {
	text []byte
	json bool
	root *node
	// aliased says that the document has aliases.
	aliased bool

	content func() (any, error)
	style   func() style
}

// node is a value as it is written.
type node struct {
	kind kind
	// flow says that a list or mapping is in brackets, inFlow that what it is in is.
	flow, inFlow bool
	// start is where it begins, with an anchor or a tag; content is behind these; end is behind it.
	start, content, end int
	// after is behind the colon or the dash before it, and indent the column of its key or dash.
	after, indent int
	anchored      bool

	entries []entry
	items   []item
	target  *node // of an alias
}

type kind uint8

const (
	scalar kind = iota
	mapping
	sequence
	alias
)

// entry is a key and its value.
type entry struct {
	name       string
	start, end int // of the key
	merge      bool
	value      *node
}

// item is an item of a list, which begins with its dash where it has one.
type item struct {
	start int
	value *node
}

// Parse reads a document. What it cannot edit, such as a key that is no text, is an error.
func Parse(text []byte, json bool) (*Document, error) {
	if json {
		return newDocument(text, true, parseJSON)
	}
	var root yamlv3.Node
	if err := yamlv3.Unmarshal(text, &root); err != nil {
		return nil, err
	}
	return FromYAML(text, &root)
}

// FromYAML is Parse for a YAML document that has been parsed already.
func FromYAML(text []byte, root *yamlv3.Node) (*Document, error) {
	return newDocument(text, false, func(d *Document) (*node, error) { return parseYAML(d, root) })
}

func newDocument(text []byte, json bool, parse func(*Document) (*node, error)) (*Document, error) {
	d := &Document{text: text, json: json}
	var err error
	if d.root, err = parse(d); err != nil {
		return nil, err
	}
	// As the API server reads it: what the text of a value means is not decided here.
	d.content = sync.OnceValues(func() (content any, err error) {
		raw := text
		if !json {
			if raw, err = yaml.YAMLToJSON(text); err != nil {
				return nil, err
			}
		}
		return content, kjson.UnmarshalCaseSensitivePreserveInts(raw, &content)
	})
	d.style = sync.OnceValue(d.findStyle)
	return d, nil
}
