package webhook_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/webhook"
)

// mutating is a handler with the mutations of a guardrail, each an apply configuration of ConfigMaps.
func mutating(t *testing.T, registry *prometheus.Registry, mutations ...v1alpha1.Mutation) *webhook.Handler {
	t.Helper()
	for i := range mutations {
		mutations[i].Resources = []admissionregistrationv1.RuleWithOperations{{
			Operations: []admissionregistrationv1.OperationType{"CREATE"},
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
		}}
	}
	set, err := guardrail.Compile(guardrail.Objects{Guardrails: []v1alpha1.Guardrail{{
		ObjectMeta: metav1.ObjectMeta{Name: "own"}, Spec: v1alpha1.GuardrailSpec{Mutations: mutations},
	}}}, guardrail.Options{})
	require.NoError(t, err)
	return &webhook.Handler{Set: func() *guardrail.Set { return set }, Metrics: webhook.NewMetrics(registry), Log: logr.Discard()}
}

func applying(name, expression string) v1alpha1.Mutation {
	return v1alpha1.Mutation{Name: name, ApplyConfiguration: &admissionregistrationv1.ApplyConfiguration{Expression: expression}}
}

var configMap = strings.NewReplacer("Pod", "ConfigMap", `"pods"`, `"configmaps"`).Replace(
	pod(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","labels":{"x":"y"}},"data":{"a":"b"},"tomorrow":[1.0]}`))

func TestMutationsAreAnsweredWithAPatch(t *testing.T) {
	registry := prometheus.NewRegistry()
	response := answer(t, post(mutating(t, registry, applying("team", `Object{metadata: Object.metadata{labels: {"team": "web"}}}`)).Mutate(), configMap))
	assert.True(t, response.Allowed)
	assert.Empty(t, response.Warnings)
	assert.JSONEq(t, `[{"op":"add","path":"/metadata/labels/team","value":"web"}]`, string(response.Patch))
	assert.Equal(t, map[string]string{"mutated": "own/team"}, response.AuditAnnotations)
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP taffrail_mutations_total Objects that a default or a mutation changed.
# TYPE taffrail_mutations_total counter
taffrail_mutations_total{guardrail="own",mutator="team"} 1
`), "taffrail_mutations_total"))
}

// A mutation that fails refuses nothing, and whoever sends the object hears of it, as do those who
// look at the metrics.
func TestAMutationThatFailsIsTold(t *testing.T) {
	registry := prometheus.NewRegistry()
	handler := mutating(t, registry, applying("bad", `Object{metadata: Object.metadata{labels: {"a": object.data.absent}}}`),
		applying("invalid", `Object{metadata: Object.metadata{labels: {"a": "no value"}}}`))
	response := answer(t, post(handler.Mutate(), configMap))
	assert.True(t, response.Allowed)
	assert.Empty(t, response.Patch)
	require.Len(t, response.Warnings, 2)
	assert.Equal(t, "taffrail left a mutation out: guardrail own: mutation bad: no such key: absent; guard what may be absent with has()", response.Warnings[0])
	assert.Contains(t, response.Warnings[1], `taffrail left a mutation out: guardrail own: mutation invalid: what it makes of the object is invalid: metadata.labels: Invalid value: "no value"`)
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP taffrail_mutation_failures_total Mutations that failed, and left the object as it was.
# TYPE taffrail_mutation_failures_total counter
taffrail_mutation_failures_total{guardrail="own",mutation="bad"} 1
taffrail_mutation_failures_total{guardrail="own",mutation="invalid"} 1
`), "taffrail_mutation_failures_total"))
}

// The call for what is evaluated once does that and nothing else, and its object is recorded once.
func TestWhatIsEvaluatedOnceHasACallOfItsOwn(t *testing.T) {
	once := applying("once", `Object{data: {"once": "x"}}`)
	once.ReinvocationPolicy = admissionregistrationv1.NeverReinvocationPolicy
	handler := mutating(t, prometheus.NewRegistry(), once, applying("again", `Object{data: {"again": "x"}}`))
	recorded := 0
	handler.Record = func(string, []byte) { recorded++ }
	for which, of := range map[string]http.Handler{"again": handler.Mutate(), "once": handler.MutateOnce()} {
		response := answer(t, post(of, configMap))
		assert.JSONEq(t, `[{"op":"add","path":"/data/`+which+`","value":"x"}]`, string(response.Patch))
	}
	assert.Equal(t, 1, recorded)
}
