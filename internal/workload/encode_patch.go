package workload

import (
	"maps"
	"slices"
	"strconv"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// EncodePatch writes operations as a JSON patch document, the same bytes for the same operations. It
// writes what defaults set without reflection, which a review of each Pod would pay for.
func EncodePatch(operations []Operation) (patch []byte, err error) {
	if operations == nil {
		return []byte("[]"), nil
	}
	b := append(make([]byte, 0, 128*len(operations)+2), '[')
	for i := range operations {
		op := &operations[i]
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = jsontext.AppendQuote(append(b, `{"op":`...), op.Op); err != nil {
			return nil, err
		}
		if b, err = jsontext.AppendQuote(append(b, `,"path":`...), op.Path); err != nil {
			return nil, err
		}
		if op.Value != nil {
			if b, err = appendJSON(append(b, `,"value":`...), op.Value); err != nil {
				return nil, err
			}
		}
		b = append(b, '}')
	}
	return append(b, ']'), nil
}

// appendJSON appends a value.
func appendJSON(b []byte, value any) (_ []byte, err error) {
	switch v := value.(type) {
	case string:
		return jsontext.AppendQuote(b, v)
	case bool:
		return strconv.AppendBool(b, v), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case map[string]any:
		if v == nil {
			break
		}
		separator := byte('{')
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if b, err = jsontext.AppendQuote(append(b, separator), name); err != nil {
				return nil, err
			}
			if b, err = appendJSON(append(b, ':'), v[name]); err != nil {
				return nil, err
			}
			separator = ','
		}
		if separator == '{' {
			b = append(b, separator)
		}
		return append(b, '}'), nil
	}
	text, err := encode(value)
	return append(b, text...), err
}

// encode writes what is seldom written. Kubernetes' types mean Go's first omitempty: emptyDir: {} says
// something.
func encode(value any) ([]byte, error) {
	return json.Marshal(value, json.Deterministic(true), jsonv1.OmitEmptyWithLegacySemantics(true))
}
