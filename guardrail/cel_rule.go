package guardrail

import (
	"fmt"
	"runtime/debug"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// celRule is a rule of a Guardrail as a check.
type celRule struct {
	name      string
	selectors []admissionregistrationv1.RuleWithOperations
	rule      *cel.Rule
}

func (c *celRule) looksAt(r *workload.Review) bool {
	return slices.ContainsFunc(c.selectors, func(s admissionregistrationv1.RuleWithOperations) bool { return selects(&s, r) })
}

// find makes a finding of what the rule says. A rule that cannot be evaluated finds fault with the
// object: as under the failurePolicy Fail of a ValidatingAdmissionPolicy, to let it pass would be a
// hole.
func (c *celRule) find(e *evaluation) []validators.Finding {
	message, err := c.rule.Evaluate(e.ctx, e.review, e.budget)
	if err != nil {
		message = "must be evaluated, but the rule failed: " + err.Error()
	}
	if message == "" {
		return nil
	}
	finding := validators.Finding{Detail: message, Value: message}
	if err != nil && isDeletion(e.review) {
		finding.Action = validators.Warn
	}
	return []validators.Finding{finding}
}

// kept goes by what the expression reads. The error is a panic.
func (c *celRule) kept(of *comparison, i int) (k kept, err error) {
	if of.review.Operation != admissionv1.Update || of.exemptBefore(&of.findings[i]) {
		return kept{}, nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("comparing by rule %s panicked: %v\n%s", c.name, p, debug.Stack())
		}
	}()
	change, undecided := c.rule.Compare(of.ctx, of.review, of.budget)
	if undecided != nil {
		return kept{undecided: undecided.Error()}, nil
	}
	return kept{existing: change == cel.Kept || change == cel.Unclear, unclear: change == cel.Unclear}, nil
}
