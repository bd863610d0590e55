package manifest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// readHead reads what is asked of an object before it is known what it is.
func readHead(members map[string]json.RawMessage) (head Object, err *headError) {
	var metadata map[string]json.RawMessage
	// Metadata of another form is told when the object is decoded as its kind.
	_ = json.Unmarshal(members["metadata"], &metadata)
	for _, field := range []struct {
		into    *string
		raw     json.RawMessage
		pointer string
	}{
		{&head.APIVersion, members["apiVersion"], "/apiVersion"},
		{&head.Kind, members["kind"], "/kind"},
		{&head.Namespace, metadata["namespace"], "/metadata/namespace"},
		{&head.Name, metadata["name"], "/metadata/name"},
	} {
		if field.raw != nil && json.Unmarshal(field.raw, field.into) != nil {
			return Object{}, &headError{field.pointer, field.raw}
		}
	}
	return head, nil
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
