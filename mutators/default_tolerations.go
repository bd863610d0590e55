package mutators

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-tolerations",
	Summary: "adds tolerations that Pods lack",
	Doc: `Nodes that are kept for some teams carry a taint, and each Pod of these teams
must tolerate it. With a namespaceSelector their Pods do, and nobody else's.
default-node-selector is the other half: a toleration lets Pods onto those
nodes, a node selector keeps them there.

    tolerations:
    - key: dedicated
      value: shop
      effect: NoSchedule
    namespaceSelector:
      matchLabels:
        team: shop

A toleration that a Pod has stays as it is, its tolerationSeconds included.`,
	References: params.Refs(params.Kyverno, "add-tolerations", "add-daemonset-tolerations"),
	New:        newTolerations,
})

type tolerations struct {
	Tolerations       []corev1.Toleration   `json:"tolerations" doc:"what is added, as in a Pod"`
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector" doc:"the Namespaces, by their labels; left out, all"`
}

func newTolerations(decode params.Decode) (Mutate, error) {
	var p tolerations
	if err := decode(&p); err != nil {
		return nil, err
	}
	namespaces, wrong := selectNamespaces(p.NamespaceSelector)
	return func(r *workload.Review) {
		if !namespaces.hold(r) {
			return
		}
		for _, toleration := range p.Tolerations {
			r.Pod.AppendToleration(toleration)
		}
	}, append(p.validate(), wrong...).ToAggregate()
}

func (p tolerations) validate() (mistakes field.ErrorList) {
	at := field.NewPath("tolerations")
	if len(p.Tolerations) == 0 {
		mistakes = append(mistakes, field.Required(at, "must hold a toleration"))
	}
	for i := range p.Tolerations {
		mistakes = append(mistakes, validateToleration(&p.Tolerations[i], at.Index(i))...)
	}
	return mistakes
}

// validateToleration finds what the API server would refuse: it would refuse every Pod.
func validateToleration(t *corev1.Toleration, at *field.Path) (mistakes field.ErrorList) {
	if t.Key != "" && len(validation.IsQualifiedName(t.Key)) > 0 {
		mistakes = append(mistakes, field.Invalid(at.Child("key"), t.Key, "must be the key of a taint, such as dedicated"))
	}
	switch t.Operator {
	case corev1.TolerationOpEqual, "":
		if t.Key == "" {
			mistakes = append(mistakes, field.Required(at.Child("key"), "must be set, unless the operator is Exists"))
		}
		if len(validation.IsValidLabelValue(t.Value)) > 0 {
			mistakes = append(mistakes, field.Invalid(at.Child("value"), t.Value, "must be the value of a taint"))
		}
	case corev1.TolerationOpExists:
		if t.Value != "" {
			mistakes = append(mistakes, field.Invalid(at.Child("value"), t.Value, "must be empty when the operator is Exists"))
		}
	default:
		mistakes = append(mistakes, field.NotSupported(at.Child("operator"), t.Operator, []corev1.TolerationOperator{corev1.TolerationOpEqual, corev1.TolerationOpExists}))
	}
	switch t.Effect {
	case "", corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute:
	default:
		mistakes = append(mistakes, field.NotSupported(at.Child("effect"), t.Effect, []corev1.TaintEffect{corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute}))
	}
	if t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute {
		mistakes = append(mistakes, field.Forbidden(at.Child("tolerationSeconds"), "must not be set, unless the effect is NoExecute"))
	}
	return mistakes
}
