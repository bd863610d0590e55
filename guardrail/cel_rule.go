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
	// templates are the resources whose templates it evaluates as the Pods that they become.
	templates []validators.Resource
}

func (c *celRule) looksAt(r *workload.Review) bool {
	return c.looksAtTemplate(r) ||
		slices.ContainsFunc(c.selectors, func(s admissionregistrationv1.RuleWithOperations) bool { return selects(&s, r) })
}

// find makes a finding of what the rule says. A rule that cannot be evaluated finds fault with the
// object: as under the failurePolicy Fail of a ValidatingAdmissionPolicy, to let it pass would be a
// hole.
func (c *celRule) find(e *evaluation) []validators.Finding {
	var at *workload.Path
	review, err := e.review, error(nil)
	if c.looksAtTemplate(review) {
		at = review.Pod.Path
		review, err = e.podOfTemplate()
	}
	message := ""
	if err == nil {
		message, err = c.rule.Evaluate(e.ctx, review, e.budget)
	}
	if err != nil {
		message = "must be evaluated, but the rule failed: " + err.Error()
	}
	if message == "" {
		return nil
	}
	finding := validators.Finding{Path: at, Detail: message, Value: message}
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
	review := of.review
	if c.looksAtTemplate(review) {
		if review, err = of.updateOfPod(); err != nil || review == nil {
			return kept{}, err
		}
	}
	change, undecided := c.rule.Compare(of.ctx, review, of.budget)
	if undecided != nil {
		return kept{undecided: undecided.Error()}, nil
	}
	return kept{existing: change == cel.Kept || change == cel.Unclear, unclear: change == cel.Unclear}, nil
}
