package validators

import "taffrail.dev/taffrail/internal/sets"

var _ = register(Validator{
	Name:    "replicas-against-hpa",
	Summary: "workloads that write down their replicas though an autoscaler scales them",
	Doc: `
Each apply of a manifest with replicas sets that number again: under load the
workload falls back to it, until the autoscaler has scaled it up anew.

    kind: Deployment
    spec:
      # no replicas: HorizontalPodAutoscaler "web" scales it
      selector: {matchLabels: {app: web}}

Taken out of a Deployment that runs already, the number is 1 for a moment: see
"Migrating Deployments and StatefulSets to horizontal autoscaling" in the
documentation of Kubernetes. replicas: 0, which switches the autoscaler off, is
left alone.
`,
	Severity: Medium,
	OverSet: &OverSet{
		Kinds: workloadKinds,
		Needs: sets.Workloads | sets.Written | sets.Autoscalers,
		New:   withoutSetParameters(mustLeaveReplicas),
	},
})

func mustLeaveReplicas(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		for _, w := range n.Workloads {
			if by := all.Scaling(w); w.WritesReplicas && w.Replicas > 0 && len(by) > 0 {
				found(&w.Object, forbidden(specPath("replicas"), "must not be set: "+describe(&firstOf(by).Object)+" scales it"))
			}
		}
	}
}

// firstOf is the one that is told of, whichever file came first.
func firstOf(all []*sets.Autoscaler) *sets.Autoscaler {
	first := all[0]
	for _, a := range all {
		if a.Before(&first.Object) {
			first = a
		}
	}
	return first
}
