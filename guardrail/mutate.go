package guardrail

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"runtime/debug"

	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/workload"
)

// Mutation is what the defaults have done to a Pod.
type Mutation struct {
	// Patch is empty when there was nothing to do.
	Patch []workload.Operation
	// Applied are the defaults that changed something, in their order.
	Applied []Applied
	// Errors tell of defaults that were skipped.
	Errors []error
}

// Applied names a default that changed something.
type Applied struct{ Guardrail, Mutator string }

// Mutate completes a Pod at its creation; all else is left alone. It never
// refuses: what goes wrong is skipped, and told.
func (s *Set) Mutate(ctx context.Context, r *workload.Review) Mutation {
	var m Mutation
	if r.Operation != admissionv1.Create || r.Subresource != "" || r.Pod == nil || r.Pod.IsTemplate() ||
		s.Excludes(r.Namespace) || len(s.mutating) == 0 {
		return m
	}
	s.prepare(ctx, r)
	selected, errs := s.completing(ctx, r, s.budget(), func(m *match) bool { return m.selects(r) })
	m.Errors = errs
	for skip := map[*mutator]bool{}; r.Record(); {
		applied, broken, err := s.applyAll(ctx, r, selected, skip)
		if broken == nil {
			m.Patch, m.Applied = r.Pod.Patch(), applied
			break
		}
		// Half of a default may be worse than none: once more without it.
		skip[broken] = true
		m.Errors = append(m.Errors, err)
	}
	if err := cmp.Or(ended(ctx), r.NamespaceError()); err != nil {
		return Mutation{Errors: []error{err}}
	}
	return m
}

func (s *Set) applyAll(ctx context.Context, r *workload.Review, selected []*guardrail, skip map[*mutator]bool) (applied []Applied, broken *mutator, err error) {
	for g, m := range inOrder(selected) {
		if skip[m] {
			continue
		}
		if ctx.Err() != nil {
			break
		}
		before := len(r.Pod.Patch())
		if err := m.run(r); err != nil {
			return nil, m, fmt.Errorf("guardrail %s: %w", g.name, err)
		}
		if len(r.Pod.Patch()) > before {
			applied = append(applied, Applied{Guardrail: g.name, Mutator: m.name})
		}
	}
	return applied, nil, nil
}

// completing are the guardrails whose defaults hold, before one of them sets a label that another
// guardrail selects by. The errors tell of those that cannot say whether they hold.
func (s *Set) completing(
	ctx context.Context, r *workload.Review, budget *cel.Budget, selects func(*match) bool,
) (selected []*guardrail, errs []error) {
	selected = make([]*guardrail, 0, len(s.mutating))
	for _, g := range s.mutating {
		if !selects(&g.match) {
			continue
		}
		holds, err := g.match.conditions.Hold(ctx, r, budget)
		if err != nil {
			errs = append(errs, fmt.Errorf("guardrail %s: match conditions: %w", g.name, err))
		}
		if holds {
			selected = append(selected, g)
		}
	}
	return selected, errs
}

// inOrder are the defaults of guardrails; those that look at what others set come last.
func inOrder(selected []*guardrail) iter.Seq2[*guardrail, *mutator] {
	return func(yield func(*guardrail, *mutator) bool) {
		for _, last := range []bool{false, true} {
			for _, g := range selected {
				for i := range g.mutators {
					if m := &g.mutators[i]; m.last == last && !yield(g, m) {
						return
					}
				}
			}
		}
	}
}

// complete makes a template the Pod that it will become, in memory only.
func (s *Set) complete(ctx context.Context, r *workload.Review, budget *cel.Budget) {
	if r == nil || r.Pod == nil || !r.Pod.IsTemplate() {
		return
	}
	selected, _ := s.completing(ctx, r, budget, func(m *match) bool { return m.selectsTemplate(r) && m.selectsNamespace(r) })
	for _, m := range inOrder(selected) {
		if ctx.Err() != nil {
			return
		}
		_ = m.run(r) // Mutate tells of it when the Pod comes
	}
}

func (m *mutator) run(r *workload.Review) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("default %s panicked: %v\n%s", m.name, p, debug.Stack())
		}
	}()
	m.mutate(r)
	return nil
}
