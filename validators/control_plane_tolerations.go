package validators

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "control-plane-tolerations",
	Summary: "Pods that tolerate the taints of control-plane nodes",
	Doc: `
A control-plane node runs the API server and etcd. A Pod beside them takes their
memory and disk and, if it breaks out, has the certificates of the whole
cluster. The taint node-role.kubernetes.io/control-plane keeps Pods away, unless
they tolerate it.

Take the toleration out. One without a key (operator: Exists) tolerates every
taint, and these too: name what must be tolerated instead:

    tolerations:
    - {key: gpu, operator: Exists, effect: NoSchedule}

Agents that must run on every node, such as those of the network and storage,
need an Exemption. What is checked is the key, whatever value and effect stand
beside it, as distributions taint in their own ways; master, controlplane and
etcd are the older names.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "restrict-controlplane-scheduling"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustNotTolerateControlPlane)),
})

var controlPlaneTaints = []string{
	"node-role.kubernetes.io/control-plane",
	"node-role.kubernetes.io/controlplane",
	"node-role.kubernetes.io/etcd",
	"node-role.kubernetes.io/master",
}

func mustNotTolerateControlPlane(pod *workload.Pod) (findings []Finding) {
	for i, toleration := range pod.Spec.Tolerations {
		key := toleration.Key
		if key != "" && !slices.Contains(controlPlaneTaints, key) {
			continue
		}
		path := pod.SpecPath().Child("tolerations").Item(i, "")
		f := required(path.Child("key"), "must be set: without one the control plane's taints are tolerated too")
		if key != "" {
			f = invalid(path.Child("key"), key, "must not be a taint of the control plane").fixedBy(workload.Remove(path))
		}
		findings = append(findings, f.about(path).spans(tolerated(&toleration)...))
	}
	return findings
}

// tolerated are the taints that a toleration is about. What it does not name is
// tolerated whatever it is.
func tolerated(t *corev1.Toleration) (parts []part) {
	if t.Key != "" {
		parts = append(parts, holds("key", t.Key))
	}
	if t.Operator != corev1.TolerationOpExists {
		parts = append(parts, holds("value", string(cmp.Or(t.Operator, corev1.TolerationOpEqual))+" "+t.Value))
	}
	if t.Effect != "" {
		parts = append(parts, holds("effect", string(t.Effect)))
	}
	if t.TolerationSeconds != nil {
		seconds := narrows("seconds")
		seconds.amount = float64(*t.TolerationSeconds)
		parts = append(parts, seconds)
	}
	return parts
}
