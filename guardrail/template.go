package guardrail

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// MutateTemplate is what Mutate will do to the Pods that a template becomes, as a patch of the object
// that holds the template. A webhook never applies it: its controller would take that for a change of its own.
func (s *Set) MutateTemplate(ctx context.Context, r *workload.Review) Mutation {
	if r.Operation != admissionv1.Create || r.Subresource != "" || r.Pod == nil || !r.Pod.IsTemplate() {
		return Mutation{}
	}
	if s.Excludes(r.Namespace) || len(s.mutating) == 0 {
		return Mutation{}
	}
	e := s.evaluation(ctx, r)
	m := e.mutate((*match).selectsPodsOf)
	if err := e.end(); err != nil {
		return Mutation{Errors: []error{err}}
	}
	return m
}
