package check

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/inorder"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/workload"
)

// surroundings are what the inputs say that decides about other objects.
type surroundings struct {
	namespaces *inputNamespaces
	accounts   inputServiceAccounts
	// clusterScoped are the kinds that definitions among the inputs put into no namespace.
	clusterScoped map[schema.GroupKind]bool
	// namespace is that of objects that name none.
	namespace string
}

// surroundingKinds are words that documents must contain to say anything of the surroundings. Most
// contain none, and are not read for that.
var surroundingKinds = []string{"Namespace", "ServiceAccount", "RoleBinding", "CustomResourceDefinition"}

func surroundingsIn(sources *manifest.Sources, o Options) *surroundings {
	s := &surroundings{clusterScoped: map[schema.GroupKind]bool{}, namespace: o.Namespace}
	var objects []*manifest.Object
	inorder.Each(sources.Len(), func() func(i int) []*manifest.Object {
		return func(i int) (some []*manifest.Object) {
			for _, object := range sources.ReadWith(i, surroundingKinds...).Objects {
				if isSurrounding(object.GroupVersionKind()) {
					some = append(some, object)
				}
			}
			return some
		}
	}, func(some []*manifest.Object) { objects = append(objects, some...) })
	for _, object := range objects {
		s.define(object)
	}
	for _, object := range objects {
		s.place(object)
	}
	s.namespaces = namespacesIn(objects, o)
	s.accounts = serviceAccountsIn(objects)
	return s
}

// isSurrounding tells whether objects of a kind may say something of the surroundings.
func isSurrounding(gvk schema.GroupVersionKind) bool {
	switch gvk.Kind {
	case "Namespace", "ServiceAccount", "RoleBinding", "ClusterRoleBinding", "CustomResourceDefinition":
		return true
	}
	return false
}

// place puts an object that names no namespace into the one that was asked for, as kubectl does.
// Those that live in none are Kubernetes' own, or are said to be by a definition among the inputs.
func (s *surroundings) place(object *manifest.Object) {
	gvk := object.GroupVersionKind()
	_, namespaced := workload.ResourceFor(gvk)
	object.ClusterScoped = s.clusterScoped[gvk.GroupKind()]
	if namespaced && !object.ClusterScoped && !builtin.ClusterScoped(gvk) && object.Namespace == "" {
		object.Namespace = s.namespace
	}
}
