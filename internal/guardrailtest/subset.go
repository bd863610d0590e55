package guardrailtest

import (
	"fmt"
	"reflect"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// compareObject makes a diff of what must be in an object and of what is, or nothing where they are
// the same.
func compareObject(expected map[string]any, raw []byte) (lines []string, err error) {
	var actual map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &actual); err != nil {
		return nil, fmt.Errorf("reading the object after the defaults: %w", err)
	}
	is := narrowed(expected, actual)
	if reflect.DeepEqual(any(expected), is) {
		return nil, nil
	}
	before, err := yaml.Marshal(expected)
	if err != nil {
		return nil, err
	}
	after, err := yaml.Marshal(is)
	if err != nil {
		return nil, err
	}
	return unified(string(before), string(after)), nil
}

// narrowed is what an expectation looks at of a value: of a mapping the fields that it names, of a
// list every item. What it says is not there is null where that is so.
func narrowed(expected, actual any) any {
	switch expected := expected.(type) {
	case map[string]any:
		fields, is := actual.(map[string]any)
		if !is {
			return actual
		}
		out := map[string]any{}
		for name, value := range expected {
			if there, found := fields[name]; found {
				out[name] = narrowed(value, there)
			} else if value == nil {
				out[name] = nil
			}
		}
		return out
	case []any:
		items, is := actual.([]any)
		if !is {
			return actual
		}
		out := make([]any, len(items))
		for i, item := range items {
			out[i] = item
			if i < len(expected) {
				out[i] = narrowed(expected[i], item)
			}
		}
		return out
	default:
		return actual
	}
}
