package guardrail

import (
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/kits"
)

// AddKits adds the kits of a cluster, but for those of a name that is there, which is meant to replace
// them, and those with mistakes, which furnish nothing.
func (o *Objects) AddKits(stored []v1alpha1.NamespaceKit) {
	for i := range stored {
		named := func(k v1alpha1.NamespaceKit) bool { return k.Name == stored[i].Name }
		if _, mistakes := compileKit(&stored[i]); len(mistakes) == 0 && !slices.ContainsFunc(o.Kits, named) {
			o.Kits = append(o.Kits, stored[i])
		}
	}
}

// addKits takes the kits that are without mistakes.
func (s *Set) addKits(list []v1alpha1.NamespaceKit, report *Report) {
	seen := map[string]bool{}
	for i := range list {
		in := &list[i]
		kit, mistakes := compileKit(in)
		if seen[in.Name] {
			mistakes = append(mistakes, refusal("NamespaceKit", in.Name, field.Duplicate(field.NewPath("metadata", "name"), in.Name)))
		}
		seen[in.Name] = true
		report.mistakes = append(report.mistakes, mistakes...)
		if len(mistakes) == 0 {
			s.kits = append(s.kits, kit)
		}
	}
}

// compileKit lists every mistake in a kit, those in the fields of its templates too.
func compileKit(in *v1alpha1.NamespaceKit) (*kits.Kit, []error) {
	kit, wrong := kits.Compile(in)
	var mistakes []error
	for _, m := range wrong {
		mistakes = append(mistakes, refusal("NamespaceKit", in.Name, m))
	}
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	for i := range kit.Objects {
		at := field.NewPath("spec", "objects").Index(i)
		for _, m := range inTemplate(kit, i) {
			mistakes = append(mistakes, &Mistake{Kind: "NamespaceKit", Name: in.Name, err: fmt.Errorf("%s: %w", at, m)})
		}
	}
	return kit, mistakes
}

// usual are the kinds that kits are made of, whose fields are known.
var usual = map[schema.GroupVersionKind]func() any{
	corev1.SchemeGroupVersion.WithKind("ConfigMap"):             func() any { return &corev1.ConfigMap{} },
	corev1.SchemeGroupVersion.WithKind("LimitRange"):            func() any { return &corev1.LimitRange{} },
	corev1.SchemeGroupVersion.WithKind("ResourceQuota"):         func() any { return &corev1.ResourceQuota{} },
	corev1.SchemeGroupVersion.WithKind("ServiceAccount"):        func() any { return &corev1.ServiceAccount{} },
	networkingv1.SchemeGroupVersion.WithKind("NetworkPolicy"):   func() any { return &networkingv1.NetworkPolicy{} },
	policyv1.SchemeGroupVersion.WithKind("PodDisruptionBudget"): func() any { return &policyv1.PodDisruptionBudget{} },
	rbacv1.SchemeGroupVersion.WithKind("Role"):                  func() any { return &rbacv1.Role{} },
	rbacv1.SchemeGroupVersion.WithKind("RoleBinding"):           func() any { return &rbacv1.RoleBinding{} },
}

// inTemplate are the mistakes in the fields of a template, as far as they can be told without a
// Namespace: one whose placeholders need labels is for the API server to tell.
func inTemplate(kit *kits.Kit, i int) []error {
	into, known := usual[kit.Objects[i].Kind]
	if !known {
		return nil
	}
	rendered, err := kit.Render(i, &kits.Namespace{Name: "example"})
	if err != nil {
		return nil
	}
	raw, err := json.Marshal(rendered.Object)
	if err != nil {
		return []error{err}
	}
	return Decode(raw, into())
}
