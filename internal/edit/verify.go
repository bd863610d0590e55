package edit

import (
	"bytes"
	"errors"
	"reflect"
	"slices"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/manifest/block"
)

// isIntricate tells whether edits may make another document of it than they should: it is written in
// forms of YAML that are rare, such as anchors; or lines are taken out of one with texts in lines (| and
// >), and a comment or a blank line after them may come to lie behind such a text, and be part of it.
func (d *Document) isIntricate(edits []Edit) bool {
	if d.json || len(edits) == 0 {
		return false
	}
	return d.rare() || bytes.ContainsAny(d.text, "|>") && slices.ContainsFunc(edits, func(e Edit) bool {
		return e.New == "" && bytes.IndexByte(d.text[e.Start:e.End], '\n') >= 0
	})
}

// verify reads what edits make of the document.
func (d *Document) verify(edits []Edit, want any) error {
	after := Apply(d.text, edits)
	var raw []byte
	if root := block.Parse(after); root != nil {
		raw = block.JSON(root, len(after))
	}
	if raw == nil {
		var err error
		if raw, err = yaml.YAMLToJSON(after); err != nil {
			return err
		}
	}
	var got any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &got); err != nil {
		return err
	}
	if !reflect.DeepEqual(got, want) {
		return errors.New("what would be removed or replaced stands where something else depends on it, such as an alias or a text in lines (|) that would go on with what follows")
	}
	return nil
}
