package edit

import (
	"sync"

	yamlv3 "go.yaml.in/yaml/v3"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/manifest/block"
)

// Document is a document of which it is known where each value is written.
type Document struct {
	text []byte
	json bool
	root *node
	// aliased says that the document has aliases.
	aliased bool

	// rare tells whether it is written in forms of YAML that most documents have not.
	rare    func() bool
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

// Parse finds where the values of a document are written. Root are the nodes of its YAML, nil for
// JSON; raw is the JSON that it means, as the API server reads it: what the text of a value means is
// not decided here. What cannot be edited, such as a key that is no text, is an error.
func Parse(text []byte, root *yamlv3.Node, raw []byte) (*Document, error) {
	d := &Document{text: text, json: root == nil}
	var err error
	if d.json {
		d.root, err = parseJSON(d)
	} else {
		d.root, err = parseYAML(d, root)
	}
	if err != nil {
		return nil, err
	}
	d.content = sync.OnceValues(func() (content any, err error) {
		return content, kjson.UnmarshalCaseSensitivePreserveInts(raw, &content)
	})
	d.rare = sync.OnceValue(func() bool { return block.Parse(text) == nil })
	d.style = sync.OnceValue(d.findStyle)
	return d, nil
}
