package schemas

import (
	"encoding/json"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// types makes schemas of Go's types.
type types struct {
	// fields say what the types themselves do not: by the type and the name of the field.
	fields map[string]map[string]field
}

// field is what the comment of a field says.
type field struct {
	Doc  string   `json:"doc"`
	Enum []string `json:"enum,omitempty"`
}

// plainly makes schemas of types whose fields have their documentation in a tag, if at all.
var plainly = types{}

var unmarshalers = reflect.TypeFor[json.Unmarshaler]()

// of is the schema of what is decoded into a type.
func (t types) of(of reflect.Type) schema {
	if of.Kind() == reflect.Pointer {
		return t.orNull(of.Elem())
	}
	if reads, is := reflect.TypeAssert[interface{ ParameterType() string }](reflect.Zero(of)); is {
		if reads.ParameterType() == "quantity" {
			return schema{"type": []string{"string", "number"}}
		}
		return schema{"type": []string{"string", "integer"}}
	}
	switch {
	case of == reflect.TypeFor[runtime.RawExtension]():
		return schema{"type": "object"}
	case reflect.PointerTo(of).Implements(unmarshalers):
		return schema{} // it may be written in several forms
	}
	switch of.Kind() {
	case reflect.Slice:
		return schema{"type": "array", "items": t.of(of.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": t.of(of.Elem())}
	case reflect.Struct:
		return t.ofStruct(of)
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

// orNull is what a pointer takes: null is as good as not to be there.
func (t types) orNull(of reflect.Type) schema {
	node := t.of(of)
	if name, is := node["type"].(string); is {
		node["type"] = []string{name, "null"}
	}
	return node
}

func (t types) ofStruct(of reflect.Type) schema {
	node := schema{"type": "object", "additionalProperties": false}
	properties := schema{}
	var required []string
	t.addFields(properties, &required, of)
	node["properties"] = properties
	if len(required) > 0 {
		node["required"] = required
	}
	return node
}

// addFields adds the fields of a struct, those of what it embeds among them.
func (t types) addFields(properties schema, required *[]string, of reflect.Type) {
	documented := t.fields[of.Name()]
	for f := range of.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && (name == "" || strings.Contains(options, "inline")):
			t.addFields(properties, required, f.Type)
		case name == "" || name == "-":
		default:
			property := t.of(f.Type)
			describe(property, f.Tag.Get("doc"), documented[name])
			properties[name] = property
			if documented != nil && !strings.Contains(options, "omitempty") {
				*required = append(*required, name)
			}
		}
	}
}

func describe(property schema, doc string, f field) {
	if doc == "" {
		doc = f.Doc
	}
	if doc != "" {
		property["description"] = doc
	}
	if len(f.Enum) > 0 {
		property["enum"] = f.Enum
	}
}
