package registration

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
)

// A rule for everything is one that an API server takes, and that does not stop
// the cluster while Taffrail is down.
func TestARuleForEverything(t *testing.T) {
	everything := v1alpha1.Rule{Name: "r", Expression: "true", Resources: []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{"CREATE", "UPDATE"},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{"apps"}, APIVersions: []string{"v1"}, Resources: []string{"*"}},
	}}}
	objects := guardrail.Default()
	objects.Guardrails[0].Spec.Rules = append(objects.Guardrails[0].Spec.Rules, everything)
	set, err := guardrail.Compile(objects, guardrail.Options{})
	require.NoError(t, err)
	closed := Validating(nil, set.Resources()).Webhooks[0]
	assert.Equal(t, "validate.taffrail.dev", closed.Name)
	for _, rule := range closed.Rules {
		if rule.APIGroups[0] == "apps" && rule.APIVersions[0] == "v1" {
			assert.Equal(t, []string{"*"}, rule.Resources)
		}
	}
	conditions := map[string]string{}
	for _, condition := range closed.MatchConditions {
		conditions[condition.Name] = condition.Expression
	}
	assert.Contains(t, conditions[NotVital], `"coordination.k8s.io"`)
}

// Without a default nothing is left to complete, and no Pod waits for an answer that is empty.
func TestWithoutDefaultsNobodyIsAskedToComplete(t *testing.T) {
	with, without := Mutating(nil, Mutated{Completes: true}).Webhooks[0], Mutating(nil, Mutated{Completes: false}).Webhooks[0]
	assert.Len(t, with.Rules, 1)
	assert.Empty(t, without.Rules)
	with.Rules = nil
	assert.Equal(t, with, without)
	assert.True(t, compiled(t, guardrail.Default()).Completes())
	assert.False(t, setOf(t, v1alpha1.GuardrailSpec{Validators: []v1alpha1.Validator{{Name: "image-latest-tag"}}}).Completes())
}
