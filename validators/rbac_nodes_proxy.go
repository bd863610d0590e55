package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "rbac-nodes-proxy",
	Summary: "ClusterRoles that grant the proxy to nodes",
	Doc: `
The resource nodes/proxy is the kubelet's own API: with get alone one can run
commands in every Pod of the node, past all admission.

Metrics and health need no proxy. Grant what is meant:

    resources: [nodes/metrics, nodes/stats, nodes/healthz]
    verbs: [get]
`,
	Severity: Critical,
	References: slices.Concat(
		params.Refs(params.CIS, "5.1.10"),
		params.Refs(params.Kyverno, "restrict-clusterrole-nodesproxy"),
	),
	Resources: clusterRoles,
	New: withoutParameters(grants{
		{group: "", resource: "nodes/proxy"},
	}.evaluate),
})
