package defaulting

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
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
		return written(typed, namespace)
	}
	return completeUnknown(raw, empty(kind), namespace)
}

// CompleteDecoded is Complete for who has decoded all of an object into the type of its kind, which it
// changes.
func CompleteDecoded(typed runtime.Object, raw []byte, kind schema.GroupVersionKind, namespace string) ([]byte, error) {
	object, is := typed.(workload.Object)
	if !is || !hasDefaults(kind) {
		return raw, nil
	}
	return written(object, namespace)
}

// written is an object with its defaults as JSON.
func written(typed workload.Object, namespace string) ([]byte, error) {
	complete(typed, namespace)
	return json.Marshal(typed)
}

func complete(typed workload.Object, namespace string) {
	typed.SetNamespace(namespace)
	value := reflect.ValueOf(typed).Elem()
	wayInto(value.Type()).set(value)
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
	complete(typed, namespace)
	completed, err := content(typed)
	if err != nil {
		return nil, err
	}
	keepUnknown(written, completed, reflect.TypeOf(typed))
	return json.Marshal(completed)
}

// hasDefaults tells whether the defaults of a kind are known.
func hasDefaults(kind schema.GroupVersionKind) bool {
	return workload.Knows(kind) || slices.Contains(ruledKinds, kind)
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
