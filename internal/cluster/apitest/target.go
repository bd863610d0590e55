package apitest

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json" // whole numbers stay whole
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// target is what a path names: one object, or, without a name, several.
type target struct {
	schema.GroupVersionResource
	namespace, name string
	subresource     string
}

// parse reads a path, /api/v1/... or /apis/GROUP/VERSION/....
func parse(path string) (target, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var t target
	switch {
	case parts[0] == "api" && len(parts) > 2:
		t.Version, parts = parts[1], parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		t.Group, t.Version, parts = parts[1], parts[2], parts[3:]
	default:
		return t, false
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		t.namespace, parts = parts[1], parts[2:]
	}
	t.Resource = parts[0]
	if len(parts) > 1 {
		t.name = parts[1]
	}
	t.subresource = strings.Join(parts[min(2, len(parts)):], "/")
	return t, true
}

// of is the target of an object.
func of(object *unstructured.Unstructured) target {
	resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
	return target{GroupVersionResource: resource, namespace: object.GetNamespace(), name: object.GetName()}
}

// kind is that of the objects, as far as it is known.
func (t target) kind() string {
	for kind := range known.KnownTypes(t.GroupVersion()) {
		if resource, _ := meta.UnsafeGuessKindToResource(t.GroupVersion().WithKind(kind)); resource == t.GroupVersionResource {
			return kind
		}
	}
	return ""
}

// known are the types whose kind need not be said.
var known = func() *runtime.Scheme {
	all := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, v1alpha1.AddToScheme} {
		must(add(all))
	}
	return all
}()

// content is an object as it is sent. Those of a test are right, or the test is wrong.
func content(object runtime.Object) *unstructured.Unstructured {
	kind := object.GetObjectKind().GroupVersionKind()
	if kind.Empty() {
		var err error
		kind, err = apiutil.GVKForObject(object, known)
		must(err)
	}
	raw, err := json.Marshal(object)
	must(err)
	u := &unstructured.Unstructured{}
	must(json.Unmarshal(raw, &u.Object))
	u.SetGroupVersionKind(kind)
	return u
}

func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("apitest: %v", err))
	}
}
