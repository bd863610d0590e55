package patching

import (
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
)

// builtin knows how the kinds of Kubernetes are merged. To parse that takes memory, which whoever has
// no apply configuration does not pay.
var builtin = sync.OnceValue(func() managedfields.TypeConverter { return applyconfigurations.NewTypeConverter(scheme.Scheme) })

func converterOf(kind schema.GroupVersionKind) managedfields.TypeConverter {
	if !scheme.Scheme.Recognizes(kind) {
		return managedfields.NewDeducedTypeConverter()
	}
	probe := &unstructured.Unstructured{}
	probe.SetGroupVersionKind(kind)
	if _, err := builtin().ObjectToTyped(probe); err != nil {
		return managedfields.NewDeducedTypeConverter()
	}
	return builtin()
}
