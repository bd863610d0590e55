package main

import (
	"errors"
	"strings"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/manifest"
)

// checkedKinds are the kinds whose fields are known.
var checkedKinds = sync.OnceValue(func() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme} {
		utilruntime.Must(add(s))
	}
	return s
})

// unknownFields are the fields of an object that its kind does not have. They
// are no findings: a newer API server may know them.
func unknownFields(object *manifest.Object) (paths []string) {
	typed, err := checkedKinds().New(object.GroupVersionKind())
	if err != nil {
		return nil
	}
	strict, err := kjson.UnmarshalStrict(object.Raw, typed, kjson.DisallowUnknownFields)
	if err != nil {
		return nil // decoding it for review has told that
	}
	for _, wrong := range strict {
		if field, ok := errors.AsType[kjson.FieldError](wrong); ok {
			paths = append(paths, field.FieldPath())
		}
	}
	return paths
}

var pathSeparators = strings.NewReplacer(".", "/", "[", "/", "]", "")

// pointerTo is the JSON Pointer of a path of fields and items.
func pointerTo(path string) string { return "/" + pathSeparators.Replace(path) }
