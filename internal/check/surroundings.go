package check

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/inorder"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/workload"
)

// surroundings are what the inputs say that decides about other objects.
type surroundings struct {
	namespaces *inputNamespaces
	accounts   inputServiceAccounts
	kits       []v1alpha1.NamespaceKit
	// clusterScoped are the kinds that definitions among the inputs put into no namespace.
	clusterScoped map[schema.GroupKind]bool
	// namespace is that of objects that name none.
	namespace string
}

// surroundingKinds are those of objects that say anything of the surroundings.
var surroundingKinds = []string{"Namespace", "ServiceAccount", "RoleBinding", "ClusterRoleBinding", kitKind, definitionKind}

const kitKind = "NamespaceKit"

const definitionKind = "CustomResourceDefinition"

func surroundingsIn(sources *manifest.Sources, o Options) *surroundings {
	s := &surroundings{clusterScoped: map[schema.GroupKind]bool{}, namespace: o.Namespace}
	var objects []*manifest.Object
	inorder.Each(sources.Len(), func() func(i int) surrounding {
		return func(i int) surrounding { return surroundingOf(sources.ReadKinds(i, surroundingKinds...)) }
	}, func(one surrounding) {
		objects = append(objects, one.objects...)
		for _, kind := range one.clusterScoped {
			s.clusterScoped[kind] = true
		}
	})
	for _, object := range objects {
		s.place(object)
	}
	s.namespaces = namespacesIn(objects, o)
	s.accounts = serviceAccountsIn(objects)
	s.kits = kitsIn(objects)
	return s
}

// kitsIn are the NamespaceKits among the inputs: what a Namespace gets of them is not missing.
func kitsIn(objects []*manifest.Object) (all []v1alpha1.NamespaceKit) {
	for _, object := range objects {
		if object.GroupVersionKind() != v1alpha1.GroupVersion.WithKind(kitKind) {
			continue
		}
		var kit v1alpha1.NamespaceKit
		if kjson.UnmarshalCaseSensitivePreserveInts(object.Raw, &kit) == nil {
			all = append(all, kit)
		}
	}
	return all
}

// surrounding is what a file says of the surroundings.
type surrounding struct {
	objects       []*manifest.Object
	clusterScoped []schema.GroupKind
}

func surroundingOf(input *manifest.Input) (all surrounding) {
	for _, object := range input.Objects {
		switch gvk := object.GroupVersionKind(); {
		case gvk.Kind == definitionKind:
			all.clusterScoped = append(all.clusterScoped, clusterScopedBy(object)...)
		case isSurrounding(gvk):
			all.objects = append(all.objects, object.Bare()) // of many files no text is kept
		}
	}
	return all
}

func isSurrounding(gvk schema.GroupVersionKind) bool {
	switch gvk.Kind {
	case "Namespace", "ServiceAccount", "RoleBinding", "ClusterRoleBinding":
		return true
	}
	return gvk == v1alpha1.GroupVersion.WithKind(kitKind)
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
