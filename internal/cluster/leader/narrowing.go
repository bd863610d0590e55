package leader

import (
	"reflect"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// takeOver keeps what others have added to the namespaceSelectors where it leaves out nothing but
// namespaces that are left out anyway: a cloud that adds its own to every configuration of a
// cluster would add them for ever. It is looked at again at each resync, as labels of Namespaces
// change.
func (o *Webhooks) takeOver(d desired, current *configuration) {
	if current == nil || o.Namespaces == nil {
		return
	}
	for i := range current.Webhooks {
		w := &current.Webhooks[i]
		selector := d.selectors[w.Name]
		if selector == nil || w.NamespaceSelector == nil {
			continue
		}
		for _, added := range w.NamespaceSelector.MatchExpressions {
			if !contains(selector.MatchExpressions, added) && o.leavesOutNoMore(added) {
				selector.MatchExpressions = append(selector.MatchExpressions, added)
			}
		}
		// In their order, or there would be something to put back.
		if sameItems(selector.MatchExpressions, w.NamespaceSelector.MatchExpressions) {
			selector.MatchExpressions = w.NamespaceSelector.MatchExpressions
		}
	}
}

// leavesOutNoMore tells whether all Namespaces that are evaluated still are. An expression that
// names what is evaluated, and not what is not, would leave out the next Namespace.
func (o *Webhooks) leavesOutNoMore(added metav1.LabelSelectorRequirement) bool {
	if added.Operator != metav1.LabelSelectorOpNotIn && added.Operator != metav1.LabelSelectorOpDoesNotExist {
		return false
	}
	selector, err := metav1.LabelSelectorAsSelector(&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{added}})
	if err != nil {
		return false
	}
	all := o.Namespaces()
	return len(all) > 0 && !slices.ContainsFunc(all, func(n *metav1.PartialObjectMetadata) bool {
		return !slices.Contains(o.ExcludedNamespaces, n.Name) && !selector.Matches(labels.Set(n.Labels))
	})
}

func contains(all []metav1.LabelSelectorRequirement, one metav1.LabelSelectorRequirement) bool {
	return slices.ContainsFunc(all, func(r metav1.LabelSelectorRequirement) bool { return reflect.DeepEqual(r, one) })
}

func sameItems(a, b []metav1.LabelSelectorRequirement) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(r metav1.LabelSelectorRequirement) bool { return !contains(b, r) })
}
