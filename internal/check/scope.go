package check

import (
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/manifest"
)

// define notes the kind of a definition, if it lives in no namespace.
func (s *surroundings) define(object *manifest.Object) {
	if object.GroupVersionKind().GroupKind() != (schema.GroupKind{Group: apiextensionsv1.GroupName, Kind: "CustomResourceDefinition"}) {
		return
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
		s.clusterScoped[schema.GroupKind{Group: definition.Spec.Group, Kind: definition.Spec.Names.Kind}] = true
	}
}
