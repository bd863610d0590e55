package sets

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// Role is a Role or a ClusterRole.
type Role struct {
	Object
	// Everything says that its own rules grant everything there is.
	Everything bool
	Labels     Labels
	// Aggregates select the ClusterRoles whose rules it has too.
	Aggregates []*Selector
}

func (c *collector) role(rules []rbacv1.PolicyRule, aggregation *rbacv1.AggregationRule, labels map[string]string) {
	if !c.needs.Has(Roles) {
		return
	}
	r := &Role{Object: c.object, Everything: slices.ContainsFunc(rules, grantsEverything), Labels: labelsOf(labels)}
	if aggregation != nil {
		for i := range aggregation.ClusterRoleSelectors {
			r.Aggregates = append(r.Aggregates, selectorOf(&aggregation.ClusterRoleSelectors[i]))
		}
	}
	c.add(r)
}

// Has tells whether the rules of another ClusterRole become its own.
func (r *Role) Has(other *Role) bool {
	return other.Kind == "ClusterRole" && slices.ContainsFunc(r.Aggregates, func(s *Selector) bool {
		selector := s.Parse()
		return selector != nil && selector.Matches(other.Labels)
	})
}

func grantsEverything(rule rbacv1.PolicyRule) bool {
	return slices.Contains(rule.Verbs, rbacv1.VerbAll) && slices.Contains(rule.APIGroups, rbacv1.APIGroupAll) &&
		slices.Contains(rule.Resources, rbacv1.ResourceAll) && len(rule.ResourceNames) == 0
}

// Binding is a RoleBinding or a ClusterRoleBinding.
type Binding struct {
	Object
	RoleKind, Role string
	// Accounts are the ServiceAccounts among the subjects.
	Accounts []Account
}

// Account is a ServiceAccount that a binding names. Path is the JSON Pointer of its name.
type Account struct{ Namespace, Name, Path string }

func (c *collector) binding(role rbacv1.RoleRef, subjects []rbacv1.Subject) {
	if !c.needs.Has(Bindings) {
		return
	}
	b := &Binding{Object: c.object, RoleKind: shared(role.Kind), Role: role.Name}
	for i, s := range subjects {
		if s.Kind != rbacv1.ServiceAccountKind {
			continue
		}
		namespace := s.Namespace
		if namespace == "" {
			namespace = c.object.Namespace
		}
		at := (*workload.Path)(nil).Child("subjects").Item(i, "").Child("name")
		b.Accounts = append(b.Accounts, Account{shared(namespace), s.Name, shared(at.Pointer())})
	}
	c.add(b)
}

// ServiceAccount is a ServiceAccount.
type ServiceAccount struct {
	Object
	References []Reference
}

func (c *collector) account(o *corev1.ServiceAccount) {
	if !c.needs.Has(ServiceAccounts | References) {
		return
	}
	var all references
	if c.needs.Has(References) {
		for i, secret := range o.ImagePullSecrets {
			all.add(Secret, secret.Name, nil, (*workload.Path)(nil).Child("imagePullSecrets").Item(i, ""), "name")
		}
	}
	c.add(&ServiceAccount{c.object, all})
}
