package webhook_test

import (
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/webhook"
)

// BenchmarkTaffrailValidateWithRule is BenchmarkTaffrailValidate with one rule in
// CEL beside the default guardrail: the difference is the price of the first
// rule, most of it for decoding the Pod once more with all its fields.
func BenchmarkTaffrailValidateWithRule(b *testing.B) { benchmark(b, withRules(b, 1).Validate()) }

// BenchmarkTaffrailValidateWithRules tells the price of ten.
func BenchmarkTaffrailValidateWithRules(b *testing.B) { benchmark(b, withRules(b, 10).Validate()) }

func withRules(tb testing.TB, n int) *webhook.Handler {
	tb.Helper()
	objects := guardrail.Default()
	for i := range n {
		objects.Guardrails[0].Spec.Rules = append(objects.Guardrails[0].Spec.Rules, v1alpha1.Rule{
			Name: "app-label-" + string(rune('a'+i)),
			Resources: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			}},
			Expression: "has(object.metadata.labels) && object.metadata.labels.exists(k, k.endsWith('app') || k.endsWith('name'))",
		})
	}
	set, err := guardrail.Compile(objects, guardrail.Options{})
	require.NoError(tb, err)
	return &webhook.Handler{
		Set:     func() *guardrail.Set { return set },
		Metrics: webhook.NewMetrics(prometheus.NewRegistry()),
		Log:     logr.Discard(),
	}
}
