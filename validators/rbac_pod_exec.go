package validators

import (
	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "rbac-pod-exec",
	Summary: "Roles that grant exec into Pods, or attach",
	Doc: `
Whoever may exec into a Pod has its files, its Secrets, its service account and
its network, and leaves no trace in any manifest.

Give people logs and metrics, and let them exec where nothing is to be lost. For
emergencies bind such a role for an hour.
`,
	Severity:   High,
	References: params.Refs(params.Polaris, "clusterrolePodExecAttach", "rolePodExecAttach"),
	Resources:  roles,
	New: withoutParameters(grants{
		{group: "", resource: "pods/exec", verbs: []string{"create", "get"}},
		{group: "", resource: "pods/attach", verbs: []string{"create", "get"}},
	}.evaluate),
})
