package guardrail

import (
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/workload"
)

// match tells which objects a guardrail holds for. A nil selector selects all.
type match struct {
	namespaces, objects labels.Selector
	conditions          cel.Conditions
}

func compileMatch(in *v1alpha1.Match, at *field.Path) (match, field.ErrorList) {
	if in == nil {
		return match{}, nil
	}
	namespaces, mistakes := compileSelector(in.NamespaceSelector, at.Child("namespaceSelector"))
	objects, wrong := compileSelector(in.ObjectSelector, at.Child("objectSelector"))
	mistakes = append(mistakes, wrong...)
	conditions, wrong := cel.CompileConditions(in.MatchConditions, at.Child("matchConditions"))
	return match{namespaces, objects, conditions}, append(mistakes, wrong...)
}

func compileSelector(in *metav1.LabelSelector, at *field.Path) (labels.Selector, field.ErrorList) {
	if in == nil {
		return nil, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(in)
	if err != nil {
		return nil, field.ErrorList{field.Invalid(at, field.OmitValueType{}, err.Error())}
	}
	if selector.Empty() {
		return nil, nil
	}
	return selector, nil
}

// selection is what of an object the selectors of a guardrail select: the object, and the Pods that
// it holds. Where it holds no template, the two are the same.
type selection struct{ object, pods bool }

func (s selection) any() bool { return s.object || s.pods }

// selects says what the selectors select. As in a webhook configuration, the old or the new object
// may be the one that is selected, and objects without a Namespace pass a namespaceSelector. The
// Pods of a template are selected by its labels, be the object selected or not: that is how they
// will be when they come, and what is let in now must not be refused then.
func (m *match) selects(r *workload.Review) selection {
	s := selection{object: true, pods: true}
	if m.objects != nil {
		s.object = m.selectsObject(r)
		s.pods = s.object
		if r.Pod != nil && r.Pod.IsTemplate() {
			s.pods = m.selectsTemplate(r)
		}
	}
	if s.any() && !m.selectsNamespace(r) {
		return selection{}
	}
	return s
}

// selectsPod tells whether the selectors select a Pod.
func (m *match) selectsPod(r *workload.Review) bool { return m.selects(r).pods }

func (m *match) selectsObject(r *workload.Review) bool {
	return r.Object != nil && m.objects.Matches(labels.Set(r.Object.GetLabels())) ||
		r.OldObject != nil && m.objects.Matches(labels.Set(r.OldObject.GetLabels())) ||
		m.selectsUnseen(r)
}

// selectsUnseen goes by what a subresource tells of an object that it does not
// carry. Nothing is known of the labels of a Binding's Pod, so it is selected; a
// Scale has those by which the workload selects its Pods, from the API server.
func (m *match) selectsUnseen(r *workload.Review) bool {
	switch o := r.Object.(type) {
	case *corev1.Binding:
		return true
	case *autoscalingv1.Scale:
		set, err := labels.ConvertSelectorToLabelsMap(o.Status.Selector)
		return err != nil || m.objects.Matches(set)
	default:
		return false
	}
}

func (m *match) selectsNamespace(r *workload.Review) bool {
	if m.namespaces == nil {
		return true
	}
	namespace := r.NamespaceMeta()
	if namespace == nil {
		return m.selectsUnknown(r.Namespace)
	}
	return m.namespaces.Matches(labels.Set(namespace.Labels))
}

// selectsPodsOf tells whether the guardrail will hold for the Pods that a template becomes, by
// their labels and by their Namespace.
func (m *match) selectsPodsOf(r *workload.Review) bool {
	return m.selectsTemplate(r) && m.selectsNamespace(r)
}

// selectsTemplate tells whether the objectSelector selects the Pods that a template becomes.
func (m *match) selectsTemplate(r *workload.Review) bool {
	if r.Pod == nil || !r.Pod.IsTemplate() {
		return false
	}
	return m.objects == nil || m.objects.Matches(r.PodLabels())
}
