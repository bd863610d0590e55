package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "rbac-read-secrets",
	Summary: "Roles that grant reading all Secrets",
	Doc: `
Secrets hold the tokens and passwords of everything else. To list or watch them
is to read them all: the answer has their content.

Name those that are needed:

    resources: [secrets]
    resourceNames: [db]
    verbs: [get]

Rules that are limited by resourceNames are let pass. Better still, mount the
Secret into the Pod that needs it; that takes no permission at all.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.CIS, "5.1.2"),
		params.Refs(params.Kyverno, "restrict-secret-role-verbs"),
		params.Refs(params.KubeLinter, "access-to-secrets"),
	),
	Resources: roles,
	New: withoutParameters(grants{
		{group: "", resource: "secrets", verbs: []string{"get", "list", "watch"}, allowNamed: true},
	}.evaluate),
})
