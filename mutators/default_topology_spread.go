package mutators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-topology-spread",
	Summary: "spreads the Pods of a workload over zones and nodes",
	Doc: `Three replicas on one node are one replica: it is drained or it burns, and the
service is gone. With these constraints the scheduler spreads Pods evenly where
it can, and does not hold them back where it cannot (ScheduleAnyway).

Pods are counted by the first of labelKeys that they have, and by
pod-template-hash too, so that in a rollout the new Pods are spread among
themselves. Pods without such a label or without a controller, those of
DaemonSets, and those with spread constraints or a Pod anti-affinity of their
own are left alone.`,
	References: params.Refs(params.Kyverno, "spread-pods-across-topology"),
	Last:       true, // labels
	New:        newTopologySpread,
})

type topologySpread struct {
	MaxSkew           int32                                `json:"maxSkew" doc:"how many more Pods one zone or node may hold than another"`
	Keys              []string                             `json:"keys" doc:"labels of nodes to spread over"`
	LabelKeys         []string                             `json:"labelKeys" doc:"labels that the Pods of one workload share; the first one that a Pod has counts"`
	WhenUnsatisfiable corev1.UnsatisfiableConstraintAction `json:"whenUnsatisfiable" doc:"ScheduleAnyway, or DoNotSchedule to hold Pods back"`
}

func newTopologySpread(decode params.Decode) (Mutate, error) {
	p := topologySpread{
		MaxSkew:           1,
		Keys:              []string{corev1.LabelTopologyZone, corev1.LabelHostname},
		LabelKeys:         []string{nameLabel, "app"},
		WhenUnsatisfiable: corev1.ScheduleAnyway,
	}
	if err := decode(&p); err != nil {
		return nil, err
	}
	return p.mutate, p.validate().ToAggregate()
}

func (p topologySpread) validate() (mistakes field.ErrorList) {
	if p.MaxSkew < 1 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("maxSkew"), p.MaxSkew, "must be 1 or more"))
	}
	mistakes = append(mistakes, requireLabelKeys(p.Keys, field.NewPath("keys"))...)
	mistakes = append(mistakes, requireLabelKeys(p.LabelKeys, field.NewPath("labelKeys"))...)
	if actions := []corev1.UnsatisfiableConstraintAction{corev1.ScheduleAnyway, corev1.DoNotSchedule}; !slices.Contains(actions, p.WhenUnsatisfiable) {
		mistakes = append(mistakes, field.NotSupported(field.NewPath("whenUnsatisfiable"), p.WhenUnsatisfiable, actions))
	}
	return mistakes
}

func (p topologySpread) mutate(r *workload.Review) {
	spec := r.Pod.Spec
	if controller := controllerOf(r); controller == "" || controller == "DaemonSet" {
		return
	}
	if len(spec.TopologySpreadConstraints) > 0 || spec.Affinity != nil && spec.Affinity.PodAntiAffinity != nil {
		return
	}
	i := slices.IndexFunc(p.LabelKeys, func(key string) bool { return r.Pod.Meta.Labels[key] != "" })
	if i < 0 {
		return
	}
	constraint := corev1.TopologySpreadConstraint{
		MaxSkew:           p.MaxSkew,
		WhenUnsatisfiable: p.WhenUnsatisfiable,
		LabelSelector:     &metav1.LabelSelector{MatchLabels: map[string]string{p.LabelKeys[i]: r.Pod.Meta.Labels[p.LabelKeys[i]]}},
	}
	if _, set := r.Pod.Meta.Labels["pod-template-hash"]; set {
		constraint.MatchLabelKeys = []string{"pod-template-hash"}
	}
	for _, key := range p.Keys {
		constraint.TopologyKey = key
		r.Pod.AppendTopologySpreadConstraint(constraint)
	}
}
