package validators

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "topology-spread",
	Summary: "several replicas with neither spread constraints nor Pod anti-affinity",
	Doc: `
Replicas are there so that one may fail. Where all of them run on one node, or
in one zone, they fail together.

    topologySpreadConstraints:
    - topologyKey: topology.kubernetes.io/zone
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {app: web}

Constraints and anti-affinity count only where their selector selects the Pods
themselves, in their own namespace: what keeps away from another application
spreads nothing.

One replica, or none, has nothing to spread. DaemonSets are spread by nature.
ReplicaSets with a controller are left to their Deployment. An object that is
scaled up later is checked at its next change.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "topologyspreadconstraints-policy"),
		params.Refs(params.Polaris, "topologySpreadConstraint"),
		params.Refs(params.KubeLinter, "no-anti-affinity"),
	),
	Resources: append(reading(Owners,
		written(corev1.SchemeGroupVersion, "replicationcontrollers"),
		written(appsv1.SchemeGroupVersion, "replicasets"),
	), written(appsv1.SchemeGroupVersion, "deployments"), written(appsv1.SchemeGroupVersion, "statefulsets")),
	InTemplates: true,
	New:         withoutParameters(mustSpread),
})

func mustSpread(r *workload.Review) []Finding {
	replicas, selector := replicated(r.Object)
	if r.Pod == nil || replicas == nil || *replicas < 2 || spreads(r) {
		return nil
	}
	path := r.Pod.SpecPath().Child("topologySpreadConstraints")
	f := required(path, fmt.Sprintf("must spread the %d replicas by their own labels, or Pod anti-affinity must", *replicas)).above(float64(*replicas))
	if selector != nil {
		constraint := corev1.TopologySpreadConstraint{
			TopologyKey:       corev1.LabelTopologyZone,
			MaxSkew:           1,
			WhenUnsatisfiable: corev1.ScheduleAnyway,
			LabelSelector:     selector,
		}
		f.Fix = []workload.Operation{workload.Add(path, []corev1.TopologySpreadConstraint{constraint})}
		if there := len(r.Pod.Spec.TopologySpreadConstraints); there > 0 {
			f.Fix = []workload.Operation{workload.Add(path.Item(there, ""), constraint)}
		}
	}
	return []Finding{f}
}

// replicated is how many Pods an object asks for, and which these are. A
// ReplicaSet with a controller asks for what others have decided: to refuse it
// would keep a Deployment from being scaled.
func replicated(object workload.Object) (replicas *int32, selector *metav1.LabelSelector) {
	switch o := object.(type) {
	case *appsv1.Deployment:
		return o.Spec.Replicas, o.Spec.Selector
	case *appsv1.StatefulSet:
		return o.Spec.Replicas, o.Spec.Selector
	case *appsv1.ReplicaSet:
		if metav1.GetControllerOfNoCopy(o) == nil {
			return o.Spec.Replicas, o.Spec.Selector
		}
	case *corev1.ReplicationController:
		if metav1.GetControllerOfNoCopy(o) == nil {
			return o.Spec.Replicas, nil
		}
	}
	return nil, nil
}
