package guardrail

import (
	"fmt"
	"runtime/debug"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cel"
)

// compareRule says what follows from what a rule finds in an update: what was there before, and is
// no worse, passes with a warning; so does what cannot be told, and the warning says so. The error
// is a panic; the finding stands then.
func (o *formerSelf) compareRule(v *validator, out *Finding) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("comparing by rule %s panicked: %v\n%s", v.name, p, debug.Stack())
		}
	}()
	change, undecided := v.rule.Compare(o.ctx, o.review, o.budget)
	switch {
	case undecided != nil:
		out.Undecided = undecided.Error()
	case change == cel.Kept:
		out.Action, out.Existing = v1alpha1.Warn, true
	case change == cel.Unclear:
		out.Action, out.Existing, out.Unclear = v1alpha1.Warn, true, true
	}
	return nil
}
