package manifest

import (
	"encoding/json"
	"fmt"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
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

// headOf is readHead for an object whose nodes are there, which is quicker. What is a List or has a
// name that is none is left to readHead.
func headOf(object *yamlv3.Node) (head Object, ok bool) {
	ok = object.Kind == yamlv3.MappingNode && namesIn(object, map[string]*string{"apiVersion": &head.APIVersion, "kind": &head.Kind})
	for i := 0; i+1 < len(object.Content) && ok; i += 2 {
		switch key, value := object.Content[i].Value, object.Content[i+1]; {
		case key == "items":
			ok = false
		case key == "metadata" && value.Kind == yamlv3.MappingNode:
			ok = namesIn(value, map[string]*string{"namespace": &head.Namespace, "name": &head.Name})
		}
	}
	return head, ok
}

func namesIn(mapping *yamlv3.Node, names map[string]*string) bool {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		into, value := names[mapping.Content[i].Value], mapping.Content[i+1]
		if into == nil {
			continue
		}
		if value.Kind != yamlv3.ScalarNode || value.Tag != "!!str" {
			return false
		}
		*into = value.Value
	}
	return true
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
