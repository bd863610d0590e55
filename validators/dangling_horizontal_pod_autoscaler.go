package validators

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "dangling-horizontal-pod-autoscaler",
	Summary: "HorizontalPodAutoscalers of a workload that is not there",
	Doc: `
An autoscaler whose target is not there scales nothing, and says so in its
status only. Under load that shows.

    scaleTargetRef:
      apiVersion: apps/v1
      kind: Deployment
      name: web

Looked up are Deployments, StatefulSets, ReplicaSets, ReplicationControllers
and the workloads of other systems with replicas, such as Rollouts. Targets of
other kinds are left alone.
`,
	Severity:   Medium,
	References: params.Refs(params.KubeLinter, "dangling-horizontalpodautoscaler"),
	OverSet: &OverSet{
		Kinds: scalerKinds,
		Needs: sets.Autoscalers | sets.Workloads,
		New:   withoutSetParameters(mustHaveTarget),
	},
})

// scalable are the kinds that an autoscaler can scale, of those that Taffrail knows.
var scalable = map[schema.GroupKind]bool{
	{Kind: "ReplicationController"}:                        true,
	{Group: "apps", Kind: "Deployment"}:                    true,
	{Group: "apps", Kind: "ReplicaSet"}:                    true,
	{Group: "apps", Kind: "StatefulSet"}:                   true,
	{Group: "apps.kruise.io", Kind: "CloneSet"}:            true,
	{Group: "apps.kruise.io", Kind: "StatefulSet"}:         true,
	{Group: "apps.openshift.io", Kind: "DeploymentConfig"}: true,
	{Group: "argoproj.io", Kind: "Rollout"}:                true,
}

func mustHaveTarget(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		there := map[sets.Target]bool{}
		for _, w := range n.Workloads {
			there[w.Target()] = true
		}
		for _, a := range n.Autoscalers {
			known := scalable[schema.GroupKind{Group: a.Target.Group, Kind: a.Target.Kind}]
			if n.Known() && known && a.Kind == "HorizontalPodAutoscaler" && !there[a.Target] {
				found(&a.Object, absent(specPath("scaleTargetRef", "name"), a.Target.Kind, a.Target.Name, n))
			}
		}
	}
}
