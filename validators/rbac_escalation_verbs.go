package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "rbac-escalation-verbs",
	Summary: "Roles that grant escalate, bind or impersonate",
	Doc: `
These three verbs go past the rule that nobody can grant more than they have.
Whoever may escalate a role writes any permission into it, whoever may bind it
takes it, whoever may impersonate is somebody else: cluster-admin in one step.

Grant the permissions themselves. A controller that hands out roles has these in
its own role, and needs no escalate or bind.
`,
	Severity: Critical,
	References: slices.Concat(
		params.Refs(params.CIS, "5.1.8"),
		params.Refs(params.Kyverno, "restrict-escalation-verbs-roles"),
	),
	Resources: roles,
	New: withoutParameters(grants{
		{group: "rbac.authorization.k8s.io", resource: "clusterroles", verbs: []string{"escalate", "bind"}},
		{group: "rbac.authorization.k8s.io", resource: "roles", verbs: []string{"escalate", "bind"}},
		{group: "", resource: "users", verbs: []string{"impersonate"}},
		{group: "", resource: "groups", verbs: []string{"impersonate"}},
		{group: "", resource: "serviceaccounts", verbs: []string{"impersonate"}},
		{group: "authentication.k8s.io", resource: "uids", verbs: []string{"impersonate"}},
	}.evaluate),
})
