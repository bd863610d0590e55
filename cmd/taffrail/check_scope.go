package main

import (
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/workload"
)

// place puts objects that name no namespace into the one that the flag names, as kubectl does. Those
// that live in none are Kubernetes' own, or are said to be by a definition among the inputs.
func (o *checkOptions) place(input *manifest.Input) {
	defined := definedClusterScoped(input)
	for _, object := range input.Objects {
		gvk := object.GroupVersionKind()
		_, namespaced := workload.ResourceFor(gvk)
		object.ClusterScoped = defined[gvk.GroupKind()]
		if namespaced && !object.ClusterScoped && !builtin.ClusterScoped(gvk) && object.Namespace == "" {
			object.Namespace = o.namespace
		}
	}
}

// definedClusterScoped are the kinds that definitions among the inputs put into no namespace.
func definedClusterScoped(input *manifest.Input) map[schema.GroupKind]bool {
	defined := map[schema.GroupKind]bool{}
	for _, object := range input.Objects {
		if object.GroupVersionKind().GroupKind() != (schema.GroupKind{Group: apiextensionsv1.GroupName, Kind: "CustomResourceDefinition"}) {
			continue
		}
		var definition struct {
			Spec struct {
				Group string                                        `json:"group"`
				Scope apiextensionsv1.ResourceScope                 `json:"scope"`
				Names apiextensionsv1.CustomResourceDefinitionNames `json:"names"`
			} `json:"spec"`
		}
		// One that cannot be read is told of when its turn comes.
		if kjson.UnmarshalCaseSensitivePreserveInts(object.Raw, &definition) == nil && definition.Spec.Scope == apiextensionsv1.ClusterScoped {
			defined[schema.GroupKind{Group: definition.Spec.Group, Kind: definition.Spec.Names.Kind}] = true
		}
	}
	return defined
}
