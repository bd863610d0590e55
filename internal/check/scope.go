package check

import (
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/manifest"
)

// clusterScopedBy are the kinds that a definition puts into no namespace.
func clusterScopedBy(object *manifest.Object) []schema.GroupKind {
	if object.GroupVersionKind().Group != apiextensionsv1.GroupName {
		return nil
	}
	var definition struct {
		Spec struct {
			Group string                                        `json:"group"`
			Scope apiextensionsv1.ResourceScope                 `json:"scope"`
			Names apiextensionsv1.CustomResourceDefinitionNames `json:"names"`
		} `json:"spec"`
	}
	// One that cannot be read is told of when its turn comes.
	if kjson.UnmarshalCaseSensitivePreserveInts(object.Raw, &definition) != nil || definition.Spec.Scope != apiextensionsv1.ClusterScoped {
		return nil
	}
	return []schema.GroupKind{{Group: definition.Spec.Group, Kind: definition.Spec.Names.Kind}}
}
