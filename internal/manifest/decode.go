package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/manifest/block"
)

// mistake is what is wrong in a line of a document.
type mistake struct {
	line int // counted from the beginning of the file
	error
}

// decode makes JSON of a document, as `kubectl apply` does: YAML is that of version 1.1. Of a key that
// is there twice the last one counts, as for the API server, and both are noted.
func (d *document) decode() ([]byte, []mistake) {
	if d.json {
		return d.decodeJSON()
	}
	if hidesDocuments(d.data) {
		return nil, []mistake{{d.start.line, errors.New("has line ends that are neither those of Unix nor of Windows: save it with those of Unix")}}
	}
	if root := block.Parse(d.data); root != nil {
		if raw := block.JSON(root, len(d.data)); raw != nil {
			d.root, d.plain = func() *yamlv3.Node { return root }, true
			return raw, nil
		}
	}
	raw, err := yaml.YAMLToJSONStrict(d.data)
	if err != nil && strings.Contains(err.Error(), "already set in map") {
		d.duplicates = duplicatesBelow(d.root(), d.start.line, "")
		raw, err = yaml.YAMLToJSON(d.data) // a key in place of a merged one is no duplicate
	}
	if err != nil {
		return nil, []mistake{d.explainYAML(err)}
	}
	switch at, err := block.Silent(d.data); {
	case at != "":
		line, _ := d.position(at)
		return nil, []mistake{{line, err}}
	case err != nil:
		return nil, []mistake{d.explainYAML(err)}
	}
	return raw, nil
}

// hidesDocuments tells whether a document has a line end that the YAML parser knows and editors do
// not, before the mark of another document: the parser would read the first and say nothing of the
// next.
func hidesDocuments(data []byte) bool {
	for _, end := range [][]byte{[]byte("\r"), []byte("\u0085"), []byte("\u2028"), []byte("\u2029")} {
		for rest := data; ; {
			_, after, found := bytes.Cut(rest, end)
			if !found {
				break
			}
			if bytes.HasPrefix(after, []byte("---")) || bytes.HasPrefix(after, []byte("...")) {
				return true
			}
			rest = after
		}
	}
	return false
}

func (d *document) decodeJSON() ([]byte, []mistake) {
	var value any
	twice, err := kjson.UnmarshalStrict(d.data, &value)
	if err != nil {
		return nil, []mistake{{d.start.line, err}}
	}
	if len(twice) == 0 {
		return d.data, nil
	}
	// YAML has all of JSON, and its nodes have lines.
	d.duplicates = duplicatesBelow(d.root(), d.start.line, "")
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, []mistake{{d.start.line, err}}
	}
	return raw, nil
}

// Duplicate is a key that is there twice.
type Duplicate struct {
	// Pointer is the place in the object, as a JSON Pointer.
	Pointer string
	// Line and Column are where it is again, First is the line before.
	Line, Column, First int
}

// duplicatesBelow are the keys below a node that are there twice.
func duplicatesBelow(node *yamlv3.Node, start int, at string) (all []Duplicate) {
	if node.Kind == yamlv3.DocumentNode && len(node.Content) > 0 {
		return duplicatesBelow(node.Content[0], start, at)
	}
	lines := map[string]int{}
	name := ""
	for i, child := range node.Content {
		below := at
		switch {
		case node.Kind == yamlv3.SequenceNode:
			below = fmt.Sprintf("%s/%d", at, i)
		case i%2 == 1:
			below = at + "/" + name
		case child.Tag != mergeTag:
			key := block.KeyName(child)
			name = pointerEscaper.Replace(key)
			line := start + child.Line - 1
			if first, twice := lines[key]; twice {
				all = append(all, Duplicate{Pointer: at + "/" + name, Line: line, Column: child.Column, First: first})
			}
			lines[key] = line
		}
		all = append(all, duplicatesBelow(child, start, below)...)
	}
	return all
}
