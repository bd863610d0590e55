package guardrail

import (
	"slices"

	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// comparison tells which findings of a validator the old object of an update has, too.
type comparison struct {
	*evaluation
	guardrail *guardrail
	validator *validator
	findings  []validators.Finding

	compared bool
	had      []bool
}

// hadBefore tells of one finding. The old object is evaluated for the first that would refuse the
// update, and never else.
func (c *comparison) hadBefore(i int) bool {
	if !c.compared {
		c.compared, c.had = true, c.compare()
	}
	return c.had != nil && c.had[i]
}

func (c *comparison) compare() []bool {
	old := c.ofOldObject()
	if old == nil {
		return nil
	}
	// What was excepted there was not evaluated: who takes the exception away has it evaluated for
	// the first time.
	found, _ := c.validator.find(old)
	if spares := c.validator.except.sparing(old.review.Pod); spares != nil {
		found = slices.DeleteFunc(found, func(f validators.Finding) bool { return spares(&f) })
	}
	found = slices.DeleteFunc(found, func(f validators.Finding) bool { return c.exemptBefore(&f) })
	if workload.RunsTheCluster(c.review.User) {
		return validators.KeptAnyhow(found, c.findings)
	}
	return validators.Kept(found, c.findings)
}
