package guardrail

import (
	"context"
	"fmt"
	"iter"
	"runtime/debug"

	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// Mutation is what the defaults have done to a Pod.
type Mutation struct {
	// Patch is empty when there was nothing to do.
	Patch []workload.Operation
	// Applied are the defaults that changed something, in their order.
	Applied []Applied
	// Own are those of Applied that are mutations of a Guardrail.
	Own []Applied
	// Errors tell of defaults that were skipped.
	Errors []error
}

// Applied names a default that changed something.
type Applied struct{ Guardrail, Mutator string }

// calls are those that an API server makes of the mutating webhook for one object. Defaults and
// mutations are for the first, and it is repeated when others change the object after it; mutations
// that must not be evaluated again are for the last.
type calls struct{ first, last bool }

// Mutate completes a Pod at its creation, and then an object of any kind by the mutations that look at
// it. It never refuses: what goes wrong is skipped, and told.
func (s *Set) Mutate(ctx context.Context, r *workload.Review) Mutation {
	return s.mutate(ctx, r, calls{first: true, last: true}, nil)
}

// MutateTimed is what the first call of the webhook does, and notes what takes how long.
func (s *Set) MutateTimed(ctx context.Context, r *workload.Review, times *Times) Mutation {
	return s.mutate(ctx, r, calls{first: true}, times)
}

// MutateOnce is what the last call of the webhook does: the mutations that are evaluated once.
func (s *Set) MutateOnce(ctx context.Context, r *workload.Review, times *Times) Mutation {
	return s.mutate(ctx, r, calls{last: true}, times)
}

func (s *Set) mutate(ctx context.Context, r *workload.Review, c calls, times *Times) (m Mutation) {
	completes := c.first && len(s.mutating) > 0 &&
		r.Operation == admissionv1.Create && r.Subresource == "" && r.Pod != nil && !r.Pod.IsTemplate()
	mutates := len(s.changing) > 0 && s.Mutates(r)
	if !completes && !mutates || s.Excludes(r.Namespace) {
		return Mutation{}
	}
	e := s.evaluation(ctx, r)
	e.times = times
	var selected []selectedMutation
	var errs []error
	if mutates {
		// Before a default sets a label that a guardrail selects by.
		selected, errs = e.mutations((*match).selectsPod)
	}
	if completes {
		m = e.mutate((*match).selectsPod)
	}
	m.Errors = append(m.Errors, errs...)
	e.transform(selected, c, &m)
	if err := e.end(); err != nil {
		return Mutation{Errors: []error{err}}
	}
	return m
}

// mutate sets the defaults of the guardrails that a Pod is selected by.
func (e *evaluation) mutate(selects func(*match, *workload.Review) bool) (m Mutation) {
	selected, errs := e.completing(selects)
	m.Errors = errs
	for _, g := range selected {
		e.times.by(g)
	}
	for skip := map[*mutator]bool{}; e.review.Record(); {
		applied, broken, err := e.apply(selected, skip)
		if broken == nil {
			m.Patch, m.Applied = e.review.Pod.Patch(), applied
			break
		}
		// Half of a default may be worse than none: once more without it.
		skip[broken] = true
		m.Errors = append(m.Errors, err)
	}
	return m
}

// completing are the guardrails whose defaults hold, before one of them sets a label that another
// guardrail selects by. The errors tell of those that cannot say whether they hold.
func (e *evaluation) completing(selects func(*match, *workload.Review) bool) (selected []*guardrail, errs []error) {
	selected = make([]*guardrail, 0, len(e.set.mutating))
	for _, g := range e.set.mutating {
		if !selects(&g.match, e.review) {
			continue
		}
		holds, err := e.holds(g)
		if err != nil {
			errs = append(errs, fmt.Errorf("guardrail %s: match conditions: %w", g.name, err))
		}
		if holds {
			selected = append(selected, g)
		}
	}
	return selected, errs
}

// apply applies the defaults of guardrails but those to skip, up to the first that breaks.
func (e *evaluation) apply(selected []*guardrail, skip map[*mutator]bool) (applied []Applied, broken *mutator, err error) {
	for g, m := range inOrder(selected) {
		if skip[m] {
			continue
		}
		if e.ctx.Err() != nil {
			break
		}
		before := len(e.review.Pod.Patch())
		start := e.times.start()
		if err := m.run(e.review); err != nil {
			return nil, m, fmt.Errorf("guardrail %s: %w", g.name, err)
		}
		e.times.took(g, m.name, start)
		if len(e.review.Pod.Patch()) > before {
			applied = append(applied, Applied{Guardrail: g.name, Mutator: m.name})
		}
	}
	return applied, nil, nil
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

func (m *mutator) run(r *workload.Review) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("default %s panicked: %v\n%s", m.name, p, debug.Stack())
		}
	}()
	m.mutate(r)
	return nil
}
