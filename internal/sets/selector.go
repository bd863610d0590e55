package sets

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Selector is a selector as it was written. It is made one of apimachinery's when it is needed: that
// takes more memory than an object may.
type Selector struct {
	labels      Labels
	expressions []metav1.LabelSelectorRequirement
}

// selectorOf is nil where there is no selector, which is not the same as an empty one.
func selectorOf(in *metav1.LabelSelector) *Selector {
	if in == nil {
		return nil
	}
	return &Selector{labelsOf(in.MatchLabels), in.MatchExpressions}
}

// Empty tells whether it selects everything. A nil one selects nothing.
func (s *Selector) Empty() bool { return s != nil && len(s.labels)+len(s.expressions) == 0 }

// Parse makes what apimachinery evaluates, or nil of what the API server would refuse.
func (s *Selector) Parse() labels.Selector {
	if s == nil {
		return labels.Nothing()
	}
	in := metav1.LabelSelector{MatchExpressions: s.expressions, MatchLabels: make(map[string]string, len(s.labels))}
	for _, label := range s.labels {
		in.MatchLabels[label.Key] = label.Value
	}
	selector, err := metav1.LabelSelectorAsSelector(&in)
	if err != nil {
		return nil
	}
	return selector
}

// String writes it as kubectl does.
func (s *Selector) String() string {
	if selector := s.Parse(); selector != nil {
		return selector.String()
	}
	return ""
}

// Labels are those that are asked for by their values.
func (s *Selector) Labels() Labels {
	if s == nil {
		return nil
	}
	return s.labels
}
