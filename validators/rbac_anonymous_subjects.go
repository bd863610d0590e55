package validators

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "rbac-anonymous-subjects",
	Summary: "bindings to system:anonymous, system:unauthenticated or other groups of everybody",
	Doc: `
What is bound to system:anonymous or system:unauthenticated is open to everybody
who reaches the API server, with no password and no name. Clusters have been
taken over from the internet by one such binding.

Bind a service account, a user or a group of your own. Two more groups are worth
listing: system:authenticated, which has every user and every Pod of the cluster
in it, and system:masters, whose members no rule can hold back:

    subjects: ["system:anonymous", "system:unauthenticated", "system:authenticated", "system:masters"]
`,
	Severity: Critical,
	References: slices.Concat(
		params.Refs(params.Kyverno, "restrict-binding-system-groups"),
		params.Refs(params.Gatekeeper, "K8sDisallowAnonymous"),
		params.Refs(params.KRail, "cluster_role_binding_no_anonymous_subject", "role_binding_no_anonymous_subject"),
	),
	Resources: bindings,
	New:       newRBACAnonymousSubjects,
})

type rbacAnonymousSubjects struct {
	Subjects []string `json:"subjects" doc:"Users and groups that must not be bound to a role."`
}

func newRBACAnonymousSubjects(decode params.Decode) (Validate, error) {
	p := rbacAnonymousSubjects{Subjects: []string{"system:anonymous", "system:unauthenticated"}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	if len(p.Subjects) == 0 {
		mistakes = append(mistakes, field.Required(field.NewPath("subjects"), "must name a user or a group"))
	}
	return func(r *workload.Review) (findings []Finding) {
		_, subjects := bindingIn(r)
		for i, s := range subjects {
			if s.Kind != rbacv1.ServiceAccountKind && slices.Contains(p.Subjects, s.Name) {
				path := subjectPath(i, s)
				findings = append(findings, invalid(path, describeSubject(s), "must not be bound to a role").fixedBy(workload.Remove(path)))
			}
		}
		return findings
	}, mistakes.ToAggregate()
}
