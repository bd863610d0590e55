package defaulting

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/workload"
)

// Complete is an object as an API server shows it to webhooks, of the object as it was written for
// a namespace. A kind that is not Kubernetes' own stays as it is. Fields that the kind does not
// have stay too: a newer API server may know them.
func Complete(raw []byte, kind schema.GroupVersionKind, namespace string) ([]byte, error) {
	typed := empty(kind)
	if typed == nil {
		return raw, nil
	}
	if workload.DecodeExactly(raw, typed) {
		typed.SetNamespace(namespace)
		set(reflect.ValueOf(typed).Elem())
		return json.Marshal(typed)
	}
	return completeUnknown(raw, empty(kind), namespace)
}

// completeUnknown is Complete for an object with fields that its kind does not have: they are kept.
func completeUnknown(raw []byte, typed workload.Object, namespace string) ([]byte, error) {
	var written map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &written); err != nil {
		return nil, fmt.Errorf("reading an object to set its defaults: %w", err)
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, typed); err != nil {
		return nil, fmt.Errorf("reading an object to set its defaults: %w", err)
	}
	typed.SetNamespace(namespace)
	set(reflect.ValueOf(typed).Elem())
	completed, err := content(typed)
	if err != nil {
		return nil, err
	}
	keepUnknown(written, completed, reflect.TypeOf(typed))
	return json.Marshal(completed)
}

// empty is an object of a kind without anything in it, or nil where its defaults are not known.
func empty(kind schema.GroupVersionKind) workload.Object {
	if typed := workload.New(kind); typed != nil {
		return typed
	}
	if !slices.Contains(ruledKinds, kind) {
		return nil
	}
	typed, err := scheme.Scheme.New(kind)
	if err != nil {
		return nil
	}
	object, _ := typed.(workload.Object)
	return object
}

func content(typed workload.Object) (content map[string]any, err error) {
	encoded, err := json.Marshal(typed)
	if err == nil {
		err = kjson.UnmarshalCaseSensitivePreserveInts(encoded, &content)
	}
	if err != nil {
		return nil, fmt.Errorf("writing an object with its defaults: %w", err)
	}
	return content, nil
}

// set sets the defaults of a value, and then those of what is in it: what is made by the first has
// defaults of its own.
func set(value reflect.Value) {
	if !mayHaveDefaults(value.Type()) {
		return
	}
	if value.CanAddr() {
		if defaults := table[value.Type()]; defaults != nil {
			defaults(value.Addr().Interface())
		}
	}
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			set(value.Elem())
		}
	case reflect.Slice:
		for i := range value.Len() {
			set(value.Index(i))
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				set(value.Field(i))
			}
		}
	}
}
