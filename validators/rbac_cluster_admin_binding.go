package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "rbac-cluster-admin-binding",
	Summary: "bindings to cluster-admin",
	Doc: `
Whoever is bound to cluster-admin may do everything, in a RoleBinding
everything in its Namespace: read all Secrets, take the roles of all others,
switch off what guards the cluster. A program that has it and is broken into
is the cluster.

Bind a role that grants what is used. Other roles that are as strong can be
listed too:

    roles: [cluster-admin, platform-admin]

Each subject is a finding of its own, so that nobody is added to a binding
that was there before.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.CIS, "5.1.1"),
		params.Refs(params.Kyverno, "restrict-binding-clusteradmin", "disallow-self-provisioner-binding"),
		params.Refs(params.Polaris, "clusterrolebindingClusterAdmin", "rolebindingClusterAdminClusterRole"),
		params.Refs(params.KubeLinter, "cluster-admin-role-binding"),
	),
	Resources: bindings,
	New:       newRBACClusterAdminBinding,
})

type rbacClusterAdminBinding struct {
	Roles []string `json:"roles" doc:"ClusterRoles that must not be bound."`
}

func newRBACClusterAdminBinding(decode params.Decode) (Validate, error) {
	p := rbacClusterAdminBinding{Roles: []string{"cluster-admin"}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	if len(p.Roles) == 0 {
		mistakes = append(mistakes, field.Required(field.NewPath("roles"), "must name a ClusterRole"))
	}
	return func(r *workload.Review) (findings []Finding) {
		role, subjects := bindingIn(r)
		if role.Kind != "ClusterRole" || !slices.Contains(p.Roles, role.Name) {
			return nil
		}
		all := (*workload.Path)(nil).Child("subjects").Item(0, "")
		for i, s := range subjects {
			findings = append(findings, invalid(subjectPath(i, s), describeSubject(s), "must not be bound to "+shorten(role.Name)).
				about(all).spans(holds("subject", describeSubject(s))))
		}
		if len(subjects) == 0 {
			path := (*workload.Path)(nil).Child("roleRef", "name")
			findings = append(findings, invalid(path, role.Name, "must be a role that grants what is used").about(all).spans(holds("subject")))
		}
		return findings
	}, mistakes.ToAggregate()
}
