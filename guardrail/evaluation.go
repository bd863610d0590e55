package guardrail

import (
	"context"
	"fmt"
	"slices"

	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/workload"
)

// evaluation is one review by the guardrails of a Set: what its steps share.
type evaluation struct {
	ctx    context.Context
	set    *Set
	review *workload.Review
	// budget is what the expressions of all guardrails may cost together; nil where there are none.
	budget *cel.Budget

	times *Times // nil: nobody asks

	reached map[*exemption]*reach // by Exemptions that are narrow

	pod      *workload.Review // that the template becomes
	podError error
	podAsked bool

	old      *evaluation // of the old object of an update
	oldAsked bool
}

// evaluation begins one.
func (s *Set) evaluation(ctx context.Context, r *workload.Review) *evaluation {
	e := &evaluation{ctx: ctx, set: s, review: r}
	if s.inCEL {
		e.budget = cel.NewBudget()
	}
	r.In(ctx, &s.cluster)
	return e
}

// holds tells whether a guardrail that selects the object holds for it. The error says that its
// match conditions cannot be evaluated.
func (e *evaluation) holds(g *guardrail) (bool, error) {
	return g.match.conditions.Hold(e.ctx, e.review, e.budget)
}

// complete makes a template the Pod that it will become, in memory only.
func (e *evaluation) complete() {
	if e.review.Pod == nil || !e.review.Pod.IsTemplate() {
		return
	}
	selected, _ := e.completing((*match).selectsPodsOf)
	for _, m := range inOrder(selected) {
		if e.ctx.Err() != nil {
			return
		}
		_ = m.run(e.review) // Mutate tells of it when the Pod comes
	}
	e.completeByMutations()
}

// completeByMutations has a template become the Pod that mutations make of it, in memory only.
func (e *evaluation) completeByMutations() {
	if !slices.ContainsFunc(e.set.changing, (*guardrail).mutatesTemplates) {
		return
	}
	pod, err := e.podOfTemplate()
	if err != nil || pod.Pod == nil {
		return
	}
	e.review.BecomePod(pod.Pod)
}

func (g *guardrail) mutatesTemplates() bool {
	return slices.ContainsFunc(g.mutations, func(m mutation) bool { return m.ofTemplates })
}

// ofOldObject is the evaluation of the old object, or nil where there is none to compare with. It is
// completed as the object was, so that both are evaluated alike.
func (e *evaluation) ofOldObject() *evaluation {
	if e.oldAsked {
		return e.old
	}
	e.oldAsked = true
	if old := e.review.Old(); old != nil {
		e.old = &evaluation{ctx: e.ctx, set: e.set, review: old, budget: e.budget}
		e.old.complete()
	}
	return e.old
}

// end tells why what was found must not stand: whoever sent the review waits no longer, and what is
// found after that may be half of it; or a Namespace could not be looked up.
func (e *evaluation) end() error {
	if err := e.ctx.Err(); err != nil {
		return fmt.Errorf("whoever sent the review waits no longer: %w", err)
	}
	return e.review.NamespaceError()
}
