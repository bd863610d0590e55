package manifest

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// mistake is what is wrong in a line of a document.
type mistake struct {
	line int // counted from the beginning of the file
	error
}

// decode makes JSON of a document, as `kubectl apply` does: YAML is that of version 1.1. No key may
// be there twice: which of the two is meant, nobody can tell.
func (d *document) decode() ([]byte, []mistake) {
	if d.json {
		return d.decodeJSON()
	}
	if hiddenMark.Match(d.data) {
		return nil, []mistake{{d.start.line, errors.New("has line ends that are neither those of Unix nor of Windows: save it with those of Unix")}}
	}
	raw, err := yaml.YAMLToJSONStrict(d.data)
	if err != nil && strings.Contains(err.Error(), "already set in map") {
		if duplicates := d.duplicates(d.root()); len(duplicates) > 0 {
			return nil, duplicates
		}
		// A key in place of a merged one is no duplicate.
		raw, err = yaml.YAMLToJSON(d.data)
	}
	if err != nil {
		return nil, []mistake{d.explainYAML(err)}
	}
	return raw, nil
}

// hiddenMark is what begins a document for the YAML parser, which knows more line ends than editors
// do, but not for us: the parser would read the first document and say nothing of the next.
var hiddenMark = regexp.MustCompile(`[\r\x{85}\x{2028}\x{2029}](?:---|\.\.\.)`)

func (d *document) decodeJSON() ([]byte, []mistake) {
	var value any
	duplicates, err := kjson.UnmarshalStrict(d.data, &value)
	if err != nil {
		return nil, []mistake{{d.start.line, err}}
	}
	var mistakes []mistake
	for _, duplicate := range duplicates {
		mistakes = append(mistakes, mistake{d.start.line, duplicate})
	}
	return d.data, mistakes
}

// duplicates are the keys below a node that are there twice.
func (d *document) duplicates(node *yamlv3.Node) (mistakes []mistake) {
	lines := map[string]int{}
	for i, child := range node.Content {
		if isKey := node.Kind == yamlv3.MappingNode && i%2 == 0; isKey && child.Tag != mergeTag {
			line := d.start.line + child.Line - 1
			if first, twice := lines[child.Value]; twice {
				mistakes = append(mistakes, mistake{line, fmt.Errorf("%q must not be there twice: it is in line %d too", child.Value, first)})
			}
			lines[child.Value] = line
		}
		mistakes = append(mistakes, d.duplicates(child)...)
	}
	return mistakes
}
