package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestARuleThatCannotWorkIsWarnedOfWhenItIsApplied: it has no mistake, and fails each time.
func TestARuleThatCannotWorkIsWarnedOfWhenItIsApplied(t *testing.T) {
	for expression, want := range map[string]string{
		"object.metadata.name != 'web'":    `Guardrail \"new\": spec.rules[0].expression: must use oldObject: object is null on DELETE, so the rule fails each time`,
		"oldObject.metadata.name != 'web'": "",
	} {
		review := ownReview{operation: "CREATE", resource: "guardrails", object: guardrailWith("new", ruleOn("r", "''", "pods", "DELETE", expression, ""))}
		answer := post(governed(t, ruleOn("none", "''", "pods", "CREATE", "true", "")).Validate(), review.body(t)).Body.String()
		assert.Contains(t, answer, `"allowed":true`)
		if want == "" {
			assert.NotContains(t, answer, "warnings")
			continue
		}
		assert.Contains(t, answer, want)
	}
}
