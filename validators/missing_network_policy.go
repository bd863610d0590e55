package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "missing-network-policy",
	Summary: "workloads that no NetworkPolicy selects",
	Doc: `
A Pod that no NetworkPolicy selects may be reached from everywhere in the
cluster, and may reach everything. Whoever breaks into one Pod goes on from
there.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web}
    spec:
      podSelector:
        matchLabels: {app: web}
      policyTypes: [Ingress]
      ingress:
      - from:
        - podSelector:
            matchLabels: {app: proxy}

A policy with an empty podSelector selects all Pods of its namespace. Pods on
the network of their node are left alone: no policy holds for them. The policy
may be elsewhere: let the check see all manifests of a namespace.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.CIS, "5.3.2"),
		params.Refs(params.Kyverno, "require-netpol"),
		params.Refs(params.Polaris, "missingNetworkPolicy"),
		params.Refs(params.KubeLinter, "non-isolated-pod"),
	),
	OverSet: &OverSet{
		Kinds: workloadKinds,
		Needs: sets.Workloads | sets.Policies,
		New:   withoutSetParameters(mustBeIsolated),
	},
})

func mustBeIsolated(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		isolated := map[*sets.Workload]bool{}
		for selector := range distinct(n.Policies, func(p *sets.Policy) *sets.Selector { return p.Selector }) {
			for w := range n.Selected(selector) {
				isolated[w] = true
			}
		}
		for _, w := range n.Workloads {
			if !isolated[w] && !w.HostNetwork {
				found(&w.Object, unselected(w, "NetworkPolicy"))
			}
		}
	}
}
