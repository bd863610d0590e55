package guardrail

import (
	"context"

	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// oldObject is the old object of an update, and what of the findings of a validator it has, too.
type oldObject struct {
	ctx    context.Context
	set    *Set
	review *workload.Review
	budget *cel.Budget // nil where nothing is evaluated in CEL

	old   *workload.Review
	asked bool

	// The validator whose findings are compared, and which of them the old object has.
	v        *validator
	findings []validators.Finding
	had      []bool
	compared bool
}

// compareWith makes has speak of the findings of a validator in the new object.
func (o *oldObject) compareWith(v *validator, findings []validators.Finding) {
	o.v, o.findings, o.had, o.compared = v, findings, nil, false
}

// has tells whether the old object has a finding, too. It is evaluated for the first finding that
// would refuse the update, and never else.
func (o *oldObject) has(i int) bool {
	if !o.compared {
		o.compared, o.had = true, o.compare()
	}
	return o.had != nil && o.had[i]
}

func (o *oldObject) compare() []bool {
	switch {
	case o.get() == nil:
		return nil
	case workload.RunsTheCluster(o.review.User):
		return validators.KeptAnyhow(o.find(), o.findings)
	default:
		return validators.Kept(o.find(), o.findings)
	}
}

// get is the review of the old object, or nil where there is none to compare with. It is completed
// as the object was, so that both are evaluated alike.
func (o *oldObject) get() *workload.Review {
	if !o.asked {
		o.asked, o.old = true, o.review.Old()
		o.set.complete(o.ctx, o.old, o.budget)
	}
	return o.old
}

// find runs the validator on the old object. What was excepted there was not evaluated: who takes
// the exception away has it evaluated for the first time.
func (o *oldObject) find() (found []validators.Finding) {
	all, _ := o.v.run(o.ctx, o.get(), o.budget)
	for _, f := range all {
		if !o.v.except.covers(f.Container) {
			found = append(found, f)
		}
	}
	return found
}
