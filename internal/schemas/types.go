package schemas

import (
	"encoding/json"
	"reflect"
	"strings"
)

var unmarshalers = reflect.TypeFor[json.Unmarshaler]()

// typed is the schema of what is decoded into a type.
func typed(t reflect.Type) schema {
	if t.Kind() == reflect.Pointer { // null is not to be given
		node := typed(t.Elem())
		if name, is := node["type"].(string); is {
			node["type"] = []string{name, "null"}
		}
		return node
	}
	if reads, is := reflect.TypeAssert[interface{ ParameterType() string }](reflect.Zero(t)); is {
		if reads.ParameterType() == "quantity" {
			return schema{"type": []string{"string", "number"}}
		}
		return schema{"type": []string{"string", "integer"}}
	}
	if reflect.PointerTo(t).Implements(unmarshalers) {
		return schema{} // it may be written in several forms
	}
	switch t.Kind() {
	case reflect.Slice:
		return schema{"type": "array", "items": typed(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": typed(t.Elem())}
	case reflect.Struct:
		properties := schema{}
		addFields(properties, t)
		return schema{"type": "object", "additionalProperties": false, "properties": properties}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return schema{"type": "integer"}
	case reflect.Float64:
		return schema{"type": "number"}
	case reflect.String:
		return schema{"type": "string"}
	default:
		return schema{}
	}
}

// addFields adds the fields of a struct, those of what it embeds among them.
func addFields(properties schema, t reflect.Type) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && (name == "" || strings.Contains(options, "inline")):
			addFields(properties, f.Type)
		case name == "" || name == "-":
		default:
			property := typed(f.Type)
			if doc := f.Tag.Get("doc"); doc != "" {
				property["description"] = doc
			}
			properties[name] = property
		}
	}
}
