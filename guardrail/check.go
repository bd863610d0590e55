package guardrail

import (
	"slices"

	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// check is what a validator runs: one of the catalogue, or a rule in CEL.
type check interface {
	// looksAt tells whether it is for the object of a review.
	looksAt(r *workload.Review) bool
	// find finds all that is wrong with the object.
	find(e *evaluation) []validators.Finding
	// kept tells whether an update only keeps what was found: the finding number i of those that
	// are compared with the old object.
	kept(c *comparison, i int) (kept, error)
}

// kept says whether a finding was there before an update.
type kept struct {
	existing  bool   // it was
	unclear   bool   // it was, and may be worse now
	undecided string // why it cannot be told
}

// catalogued is a check of the catalogue, with its parameters.
type catalogued struct {
	resources []validators.Resource
	validate  validators.Validate
}

func (c *catalogued) looksAt(r *workload.Review) bool {
	return slices.ContainsFunc(c.resources, func(resource validators.Resource) bool { return resource.Matches(r) })
}

func (c *catalogued) find(e *evaluation) []validators.Finding {
	return c.validate(e.review)
}

func (*catalogued) kept(c *comparison, i int) (kept, error) {
	return kept{existing: c.hadBefore(i)}, nil
}
