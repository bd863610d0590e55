package guardrail

import (
	"context"
	"encoding/json"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/kits"
	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
)

// elsewhere is where objects are that kits will make: nothing is found in these.
var elsewhere = sets.At{File: -1, Object: -1}

// furnish adds what kits will make in each Namespace of a set: what is not there yet is not missing.
func (s *Set) furnish(all *sets.Set) {
	needs := s.Needs()
	if len(s.kits) == 0 || needs == 0 {
		return
	}
	var names []string
	for n := range all.Namespaces() {
		for _, named := range n.Named { // a Namespace is in none
			if n.Name == "" && named.Kind == "Namespace" {
				names = append(names, named.Name)
			}
		}
		if n.Name != "" {
			names = append(names, n.Name)
		}
	}
	done := map[string]bool{}
	for _, name := range names {
		if !done[name] && !s.Excludes(name) {
			all.Add(s.furnished(s.namespace(name), needs)...)
		}
		done[name] = true
	}
}

// namespace is what is known of one: its name at least.
func (s *Set) namespace(name string) *kits.Namespace {
	n := &kits.Namespace{Name: name, Labels: map[string]string{corev1.LabelMetadataName: name}}
	if s.cluster.Namespace == nil {
		return n
	}
	if meta, err := s.cluster.Namespace(context.Background(), name); err == nil && meta != nil {
		n.Labels = meta.Labels
	}
	return n
}

// furnished are the facts of what kits will make in a Namespace.
func (s *Set) furnished(n *kits.Namespace, needs sets.Needs) (facts []sets.Fact) {
	for _, kit := range s.kits {
		if !kit.Selects(n.Labels) {
			continue
		}
		for i := range kit.Objects {
			if made, err := kit.Render(i, n); err == nil { // what cannot be made is missing
				facts = append(facts, factsOf(made, needs)...)
			}
		}
	}
	return facts
}

func factsOf(made *unstructured.Unstructured, needs sets.Needs) []sets.Fact {
	raw, err := json.Marshal(made.Object)
	if err != nil {
		return nil
	}
	resource, _ := workload.ResourceFor(made.GroupVersionKind())
	review, err := workload.NewReview(&admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Name: made.GetName(), Namespace: made.GetNamespace(),
		Kind: metav1.GroupVersionKind(made.GroupVersionKind()), Resource: metav1.GroupVersionResource(resource),
		Object: runtime.RawExtension{Raw: raw},
	})
	if err != nil {
		return nil
	}
	return sets.Of(review, nil, elsewhere, needs)
}
