package guardrail

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/patching"
	"taffrail.dev/taffrail/internal/workload"
)

// Mutations work on documents, after the defaults of the catalogue. Guardrails are selected by the
// object as it was sent, match conditions and expressions see what is left by those before.

// selectedMutation is a mutation with the guardrail that it is of.
type selectedMutation struct {
	*mutation
	guardrail *guardrail
}

// mutations are those of the guardrails that hold for the object, in their order.
func (e *evaluation) mutations(selects func(*match, *workload.Review) bool) (all []selectedMutation, errs []error) {
	for _, g := range e.set.changing {
		if !selects(&g.match, e.review) {
			continue
		}
		holds, err := e.holds(g)
		if err != nil {
			errs = append(errs, fmt.Errorf("guardrail %s: match conditions: %w", g.name, err))
		}
		if !holds {
			continue
		}
		e.times.by(g)
		for i := range g.mutations {
			if g.mutations[i].looksAt(e.review) {
				all = append(all, selectedMutation{&g.mutations[i], g})
			}
		}
	}
	return all, errs
}

// transform adds to what the defaults have done what mutations do.
func (e *evaluation) transform(selected []selectedMutation, c calls, m *Mutation) {
	again, once := split(selected, c)
	if len(again)+len(once) == 0 {
		return
	}
	sent, err := e.review.Document()
	if err == nil && sent != nil {
		sent, err = patching.Apply(sent, m.Patch)
	}
	if err != nil || sent == nil {
		m.Errors = append(m.Errors, fmt.Errorf("mutations: %w", err))
		return
	}
	document := e.call(again, sent, m)
	if last, did := e.pass(once, document, m); slices.Contains(did, changed) {
		document = e.call(again, last, m)
	}
	m.Patch = append(m.Patch, patching.Diff(sent, document)...)
}

// split tells those that are evaluated again when others change the object from those that are not,
// of those that are for these calls.
func split(selected []selectedMutation, c calls) (again, once []selectedMutation) {
	for _, s := range selected {
		switch {
		case s.again && c.first:
			again = append(again, s)
		case !s.again && c.last:
			once = append(once, s)
		}
	}
	return again, once
}

// call evaluates mutations as one call of the webhook does. As in an API server, those that what came
// after them has changed the object for are evaluated once more, and no more often.
func (e *evaluation) call(selected []selectedMutation, document map[string]any, m *Mutation) map[string]any {
	document, did := e.pass(selected, document, m)
	if again := reinvoked(selected, did); len(again) > 0 {
		document, _ = e.pass(again, document, m)
	}
	return document
}

// effect is what a mutation has done.
type effect int

const (
	nothing effect = iota
	changed
	failed
)

// pass evaluates mutations one after the other.
func (e *evaluation) pass(selected []selectedMutation, document map[string]any, m *Mutation) (map[string]any, []effect) {
	did := make([]effect, len(selected))
	for i, s := range selected {
		if e.ctx.Err() != nil {
			break
		}
		start := e.times.start()
		after, err := s.run(e, document)
		e.times.took(s.guardrail, s.name, start)
		if err != nil {
			did[i] = failed
			m.failed(&FailedMutation{Guardrail: s.guardrail.name, Mutation: s.name, Err: err})
			continue
		}
		if !patching.Same(document, after) {
			did[i], document = changed, after
			m.applied(Applied{Guardrail: s.guardrail.name, Mutator: s.name})
		}
	}
	return document, did
}

// reinvoked are the mutations after which another one has changed the object. One that has failed is
// not tried again: what it lacks may be there now, and it would have been told of all the same.
func reinvoked(selected []selectedMutation, did []effect) (again []selectedMutation) {
	for i, s := range selected {
		if did[i] != failed && slices.Contains(did[i+1:], changed) {
			again = append(again, s)
		}
	}
	return again
}

// FailedMutation tells of a mutation that was left out.
type FailedMutation struct {
	Guardrail, Mutation string
	Err                 error
}

func (f *FailedMutation) Error() string {
	return "guardrail " + f.Guardrail + ": mutation " + f.Mutation + ": " + f.Err.Error()
}

func (f *FailedMutation) Unwrap() error { return f.Err }

// failed tells of a mutation, once: what is evaluated again fails again.
func (m *Mutation) failed(f *FailedMutation) {
	if !slices.ContainsFunc(m.Errors, func(err error) bool {
		told, is := errors.AsType[*FailedMutation](err)
		return is && told.Guardrail == f.Guardrail && told.Mutation == f.Mutation
	}) {
		m.Errors = append(m.Errors, f)
	}
}

func (m *Mutation) applied(a Applied) {
	if !slices.Contains(m.Applied, a) {
		m.Applied, m.Own = append(m.Applied, a), append(m.Own, a)
	}
}

// run is the document as the mutation leaves it. Whatever goes wrong, it is as it was.
func (m *mutation) run(e *evaluation, document map[string]any) (after map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panicked: %v\n%s", p, debug.Stack())
		}
	}()
	review := e.review.WithDocument(document)
	if holds, err := m.expressions.Holds(e.ctx, review, e.budget); err != nil {
		return nil, &cel.FailureError{Err: fmt.Errorf("match conditions: %w", err)}
	} else if !holds {
		return document, nil
	}
	outcome, err := m.expressions.Evaluate(e.ctx, review, e.budget)
	if err != nil {
		return nil, err
	}
	if after, err = m.apply(e, document, outcome); err != nil {
		return nil, err
	}
	if patching.Same(document, after) {
		return document, nil
	}
	if err := sameIdentity(document, after); err != nil {
		return nil, err
	}
	return after, e.sound(document, after)
}

func (m *mutation) apply(e *evaluation, document map[string]any, outcome cel.Outcome) (map[string]any, error) {
	if outcome.Patch == nil {
		return patching.ApplyConfiguration(e.review.Kind, document, outcome.Apply, m.onlyMissing)
	}
	after, err := patching.JSONPatch(document, outcome.Patch)
	if err != nil { // a place that this object does not have
		return nil, &cel.FailureError{Err: err}
	}
	if m.onlyMissing {
		after = patching.OnlyMissing(document, after)
	}
	return after, nil
}

// identity is what makes an object this one. An API server refuses a request whose webhook has changed
// some of it, and takes a change of the rest for another object.
var identity = [][]string{
	{"apiVersion"},
	{"kind"},
	{"metadata", "name"},
	{"metadata", "generateName"},
	{"metadata", "namespace"},
	{"metadata", "uid"},
	{"metadata", "resourceVersion"},
}

func sameIdentity(before, after map[string]any) error {
	for _, path := range identity {
		was, _, _ := unstructured.NestedFieldNoCopy(before, path...)
		is, _, err := unstructured.NestedFieldNoCopy(after, path...)
		if err != nil || was != is {
			return errors.New("must not change " + strings.Join(path, "."))
		}
	}
	return nil
}
