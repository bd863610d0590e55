package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "rbac-write-webhooks",
	Summary: "ClusterRoles that grant changes of admission webhooks",
	Doc: `
An admission webhook reads every object on its way into the cluster, Secrets
among them, and can change it. Whoever may write the configuration of one can do
as much, and whoever may delete one can get past all checks.

Operators that bring their own webhooks need it at installation; limit them to
one configuration by resourceNames, and let that role be seen: it is still
reported.
`,
	Severity: Critical,
	References: slices.Concat(
		params.Refs(params.CIS, "5.1.12"),
		params.Refs(params.Kyverno, "restrict-clusterrole-mutating-validating-admission-webhooks"),
	),
	Resources: clusterRoles,
	New: withoutParameters(grants{
		{group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations", verbs: anyWrite},
		{group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations", verbs: anyWrite},
	}.evaluate),
})

var anyWrite = []string{"create", "update", "patch", "delete", "deletecollection"}
