package mutators

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/workload"
)

// namespaces are those that a default holds for.
type namespaces struct{ selector labels.Selector }

func selectNamespaces(in *metav1.LabelSelector) (namespaces, field.ErrorList) {
	if in == nil {
		return namespaces{}, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(in)
	if err != nil {
		return namespaces{}, field.ErrorList{field.Invalid(field.NewPath("namespaceSelector"), field.OmitValueType{}, err.Error())}
	}
	return namespaces{selector}, nil
}

// hold tells whether the Pod lives in one of them. As for a guardrail, one that
// nothing is known of is taken to be one.
func (n namespaces) hold(r *workload.Review) bool {
	if n.selector == nil || n.selector.Empty() {
		return true
	}
	namespace := r.NamespaceMeta()
	return namespace == nil || n.selector.Matches(labels.Set(namespace.Labels))
}
