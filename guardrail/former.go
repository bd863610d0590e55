package guardrail

import (
	"context"

	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// formerSelf is the old object of an update, and what is found in it.
type formerSelf struct {
	ctx    context.Context
	set    *Set
	review *workload.Review
	budget *cel.Budget // nil where nothing is evaluated in CEL

	old   *workload.Review
	asked bool
}

// before is the review of the old object, or nil where there is none to compare
// with. It is completed as the object was, so that both are evaluated alike.
func (o *formerSelf) before() *workload.Review {
	if !o.asked {
		o.asked, o.old = true, o.review.Old()
		o.set.complete(o.ctx, o.old, o.budget)
	}
	return o.old
}

// find runs a check on the old object. What was excepted there was not evaluated:
// who takes the exception away has it evaluated for the first time.
func (o *formerSelf) find(v *validator) (found []validators.Finding) {
	all, _ := v.run(o.ctx, o.before(), o.budget)
	for _, f := range all {
		if !v.except.covers(f.Container) {
			found = append(found, f)
		}
	}
	return found
}

// keptFindings tells which findings of a check an update only keeps. The old object
// is evaluated for the first finding that would refuse the update, and never else.
type keptFindings struct {
	former *formerSelf
	v      *validator
	now    []validators.Finding

	all   []bool
	asked bool
}

func (k *keptFindings) kept(i int) bool {
	if !k.asked {
		k.asked, k.all = true, k.compare()
	}
	return k.all != nil && k.all[i]
}

func (k *keptFindings) compare() []bool {
	switch {
	case k.former.before() == nil:
		return nil
	case workload.RunsTheCluster(k.former.review.User):
		return validators.KeptAnyhow(k.former.find(k.v), k.now)
	default:
		return validators.Kept(k.former.find(k.v), k.now)
	}
}
