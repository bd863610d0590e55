package guardrail

import (
	"fmt"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/patching"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// A rule with podTemplates sees the Pods that templates become. It reads documents, not the typed
// Pod, so the Pod is made as its controller makes it, and completed as the mutating webhook does.
// That costs more than a check does, and is done once, for the rules that ask.

// looksAtTemplate tells whether the rule evaluates the template in an object.
func (c *celRule) looksAtTemplate(r *workload.Review) bool {
	return r.Pod != nil && r.Pod.IsTemplate() &&
		slices.ContainsFunc(c.templates, func(resource validators.Resource) bool { return resource.Matches(r) })
}

// podOfTemplate is the review of the Pod that the template becomes.
func (e *evaluation) podOfTemplate() (*workload.Review, error) {
	if !e.podAsked {
		e.podAsked = true
		e.pod, e.podError = e.makePod()
	}
	return e.pod, e.podError
}

func (e *evaluation) makePod() (*workload.Review, error) {
	pod, err := e.review.PodReview()
	if err != nil || len(e.set.mutating)+len(e.set.changing) == 0 {
		return pod, err
	}
	of := &evaluation{ctx: e.ctx, set: e.set, review: pod, budget: e.budget}
	mutations, _ := of.mutations((*match).selectsPod)
	m := of.mutate((*match).selectsPod)
	of.transform(slices.DeleteFunc(mutations, func(s selectedMutation) bool { return !s.ofTemplates }), calls{first: true, last: true}, &m)
	if len(m.Patch) == 0 {
		return pod, nil // what went wrong is told when the Pod comes
	}
	encoded, err := workload.EncodePatch(m.Patch)
	if err != nil {
		return nil, fmt.Errorf("completing the Pod of a template: %w", err)
	}
	completed, err := patching.JSONPatchRaw(pod.Request().Object.Raw, encoded)
	if err != nil {
		return nil, fmt.Errorf("completing the Pod of a template: %w", err)
	}
	return pod.WithPod(completed)
}

// updateOfPod is the update of an object as that of the Pods that its template becomes; nil where
// there was none before.
func (c *comparison) updateOfPod() (*workload.Review, error) {
	pod, err := c.podOfTemplate()
	old := c.ofOldObject()
	if err != nil || old == nil || old.review.Pod == nil {
		return nil, err
	}
	before, err := old.podOfTemplate()
	if err != nil {
		return nil, err
	}
	return workload.UpdateOf(before, pod), nil
}

// checkPodTemplates wants a rule about the creation of Pods, and of nothing else: a template is
// evaluated as a Pod, and as nothing else.
func checkPodTemplates(selectors []admissionregistrationv1.RuleWithOperations, at *field.Path) field.ErrorList {
	created := false
	for i := range selectors {
		s := &selectors[i]
		for _, resource := range s.Resources {
			name, subresource, _ := strings.Cut(resource, "/")
			if name != "pods" || !slices.Equal(s.APIGroups, []string{""}) {
				return field.ErrorList{field.Invalid(at, true, "must go with resources that are pods: a template is evaluated as the Pod that it becomes")}
			}
			created = created || subresource == "" && oneOf(s.Operations, admissionregistrationv1.Create)
		}
	}
	if !created {
		return field.ErrorList{field.Invalid(at, true, "must go with the operation CREATE: that is what becomes of a template")}
	}
	return nil
}
