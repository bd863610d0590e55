package validators

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// selects does what metav1.LabelSelectorAsSelector is for, and allocates nothing.
func selects(selector *metav1.LabelSelector, labels map[string]string) bool {
	for key, value := range selector.MatchLabels {
		if is, there := labels[key]; !there || is != value {
			return false
		}
	}
	return !slices.ContainsFunc(selector.MatchExpressions, func(e metav1.LabelSelectorRequirement) bool {
		return !meets(e, labels)
	})
}

func meets(e metav1.LabelSelectorRequirement, labels map[string]string) bool {
	value, there := labels[e.Key]
	switch e.Operator {
	case metav1.LabelSelectorOpIn:
		return there && slices.Contains(e.Values, value)
	case metav1.LabelSelectorOpNotIn:
		return !there || !slices.Contains(e.Values, value)
	case metav1.LabelSelectorOpExists:
		return there
	case metav1.LabelSelectorOpDoesNotExist:
		return !there
	default:
		return false
	}
}
