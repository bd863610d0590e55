package validators

import "taffrail.dev/taffrail/internal/sets"

var _ = register(Validator{
	Name:    "duplicate-horizontal-pod-autoscaler",
	Summary: "HorizontalPodAutoscalers of a workload that has another one",
	Doc: `
Two autoscalers of one workload undo each other's work: both are switched off
by the controller (AmbiguousSelector), or one scales up what the other scales
down.

    scaleTargetRef:
      apiVersion: apps/v1
      kind: Deployment
      name: web

One autoscaler may go by several metrics. A ScaledObject of KEDA makes an
autoscaler, and counts as one.
`,
	Severity: Medium,
	OverSet: &OverSet{
		Kinds: scalerKinds,
		Needs: sets.Autoscalers,
		New:   withoutSetParameters(mustScaleAlone),
	},
})

func mustScaleAlone(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		first := map[sets.Target]*sets.Autoscaler{}
		for _, a := range n.Autoscalers {
			if other := first[a.Target]; other == nil || precedes(a, other) {
				first[a.Target] = a
			}
		}
		for _, a := range n.Autoscalers {
			if other := first[a.Target]; !other.Same(&a.Object) && a.Kind == "HorizontalPodAutoscaler" {
				found(&a.Object, invalid(specPath("scaleTargetRef", "name"), a.Target.Name, "must not be scaled by "+describe(&other.Object)+" too"))
			}
		}
	}
}

// precedes tells which of two is told of in what is found in the other: a ScaledObject, in which
// nothing is looked for, else the first by name.
func precedes(a, b *sets.Autoscaler) bool {
	if a.Kind != b.Kind {
		return a.Kind > b.Kind
	}
	return a.Before(&b.Object)
}
