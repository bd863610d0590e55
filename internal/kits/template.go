package kits

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

// node is a value of a template: object, list, text, or what is as it is written.
type node any

// members are those of an object.
type members []member

type member struct {
	key   text
	value node
}

// compile makes a template of a document, and lists every mistake in its placeholders.
func compile(in any, at *field.Path) (node, field.ErrorList) {
	switch in := in.(type) {
	case string:
		t, mistakes := parse(in, at)
		if t == nil {
			return in, mistakes
		}
		return t, mistakes
	case []any:
		out := make([]node, len(in))
		var mistakes field.ErrorList
		for i := range in {
			var wrong field.ErrorList
			out[i], wrong = compile(in[i], at.Index(i))
			mistakes = append(mistakes, wrong...)
		}
		return out, mistakes
	case map[string]any:
		var out members
		var mistakes field.ErrorList
		for _, key := range slices.Sorted(maps.Keys(in)) {
			k, wrong := parse(key, at.Key(key))
			if k == nil {
				k = constant(key)
			}
			value, inValue := compile(in[key], at.Child(key))
			mistakes = append(append(mistakes, wrong...), inValue...)
			out = append(out, member{k, value})
		}
		return out, mistakes
	default:
		return in, nil
	}
}

// render makes a document for a Namespace.
func render(in node, n *Namespace) (any, error) {
	switch in := in.(type) {
	case text:
		return in.of(n)
	case []node:
		out := make([]any, len(in))
		for i := range in {
			var err error
			if out[i], err = render(in[i], n); err != nil {
				return nil, err
			}
		}
		return out, nil
	case members:
		out := make(map[string]any, len(in))
		for i := range in {
			key, err := in[i].key.of(n)
			if err != nil {
				return nil, err
			}
			if _, twice := out[key]; twice {
				return nil, fmt.Errorf("has the key %q twice", key)
			}
			if out[key], err = render(in[i].value, n); err != nil {
				return nil, err
			}
		}
		return out, nil
	default:
		return in, nil
	}
}

// document decodes a template. Numbers stay as they are written.
func document(raw []byte) (map[string]any, error) {
	var out map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &out); err != nil {
		return nil, err
	}
	return out, nil
}
