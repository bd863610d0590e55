package install

import (
	"fmt"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/kits"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/registration"
)

// kitRights are the rights that the kits take. The kits themselves are not among the manifests:
// their definition must be served first.
func (c *Choices) kitRights() ([]rbacv1.PolicyRule, error) {
	rights, err := kits.Rights(c.Kits)
	if err != nil {
		return nil, fmt.Errorf("--kits: %w", err)
	}
	return rights, nil
}

// holdsBack tells whether a kit holds Pods back.
func (c *Choices) holdsBack() bool {
	return slices.ContainsFunc(c.Kits, func(k v1alpha1.NamespaceKit) bool { return k.Spec.Gate })
}

// kits has Namespaces furnished, with the rights that the kits take.
func (m *manifests) kits(rights []rbacv1.PolicyRule, static bool) {
	m.add("components/kits")
	editNamed(m, "ClusterRole", names.Kits, func(r *rbacv1.ClusterRole) {
		own := slices.DeleteFunc(r.Rules, func(rule rbacv1.PolicyRule) bool {
			return !slices.Contains(rule.APIGroups, v1alpha1.GroupVersion.Group)
		})
		r.Rules = append(own, rights...)
	})
	edit(m, "Deployment", func(d *appsv1.Deployment) {
		c := container(d)
		c.Args = append(c.Args, "--kits")
	})
	if static {
		edit(m, validatingKind, func(c *admissionregistrationv1.ValidatingWebhookConfiguration) { registration.WithKits(c) })
	}
}
