package manifest

import (
	"encoding/json"
	"fmt"
	"strings"

	kjson "sigs.k8s.io/json"
)

// members are what is asked of an object before it is known what it is. Metadata of another form is
// told when the object is decoded as its kind.
type members struct {
	APIVersion json.RawMessage `json:"apiVersion"`
	Kind       json.RawMessage `json:"kind"`
	Metadata   json.RawMessage `json:"metadata"`
	Items      json.RawMessage `json:"items"`
}

// readHead reads the names of an object, and its items as JSON where it is a List.
func readHead(raw []byte) (head Object, items []byte, err *headError) {
	var m members
	var metadata struct {
		Namespace json.RawMessage `json:"namespace"`
		Name      json.RawMessage `json:"name"`
	}
	_ = kjson.UnmarshalCaseSensitivePreserveInts(raw, &m)
	_ = kjson.UnmarshalCaseSensitivePreserveInts(m.Metadata, &metadata)
	for _, field := range []struct {
		into    *string
		raw     json.RawMessage
		pointer string
	}{
		{&head.APIVersion, m.APIVersion, "/apiVersion"},
		{&head.Kind, m.Kind, "/kind"},
		{&head.Namespace, metadata.Namespace, "/metadata/namespace"},
		{&head.Name, metadata.Name, "/metadata/name"},
	} {
		if field.raw != nil && json.Unmarshal(field.raw, field.into) != nil {
			return Object{}, nil, &headError{field.pointer, field.raw}
		}
	}
	return head, m.Items, nil
}

// headError is a name that is none: unquoted, 123 is a number to YAML, and yes is a boolean.
type headError struct {
	pointer string
	raw     json.RawMessage
}

func (e *headError) Error() string {
	path := strings.ReplaceAll(strings.TrimPrefix(e.pointer, "/"), "/", ".")
	switch e.raw[0] {
	case '{', '[':
		return path + ": must be a string"
	default:
		return fmt.Sprintf("%s: must be a string, is %s: put it in quotes", path, e.raw)
	}
}
