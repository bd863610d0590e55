package validators

import (
	"slices"

	"taffrail.dev/taffrail/catalogue"
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
		catalogue.Refs(catalogue.CIS, "5.1.2"),
		catalogue.Refs(catalogue.Kyverno, "restrict-secret-role-verbs"),
		catalogue.Refs(catalogue.KubeLinter, "access-to-secrets"),
	),
	Resources: roles,
	New: withoutParameters(grants{
		{group: "", resource: "secrets", verbs: []string{"get", "list", "watch"}, allowNamed: true},
	}.judge),
})
