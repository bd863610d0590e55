package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/webhook"
)

const onCall = `{"username":"alice","groups":["sre-on-call"]}`

// by is a review that somebody else has sent.
func by(userInfo, review string) string {
	return strings.Replace(review, `{"username":"alice"}`, userInfo, 1)
}

// refusals are the reasons for which /validate refuses, each with a review that meets it.
func refusals(t *testing.T) map[string]struct {
	set     func() *guardrail.Set
	review  string
	refusal string
} {
	t.Helper()
	good := `{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"web","image":"web:1"}]}}`
	type refusal = struct {
		set     func() *guardrail.Set
		review  string
		refusal string
	}
	return map[string]refusal{
		"a finding": {
			setOf(t, guardrail.Default(), guardrail.Options{}),
			pod(`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"web","image":"nginx"}]}}`), "image-latest-tag",
		},
		"an object that cannot be decoded": {setOf(t, guardrail.Default(), guardrail.Options{}), pod(`{"apiVersion":"v1","kind":"Pod","spec":7}`), "request.object: decoding a Pod"},
		"an object of another kind":        {setOf(t, guardrail.Default(), guardrail.Options{}), pod(`{"apiVersion":"v1","kind":"Service"}`), "the object says it is a Service"},
		"a rule that cannot be evaluated":  {setOf(t, guardrails(t, faultyRule), guardrail.Options{}), pod(good), "no such key"},
		"match conditions that fail":       {setOf(t, guardrails(t, faultyCondition), guardrail.Options{}), pod(good), "the match conditions failed"},
		"a Namespace that cannot be looked up": {
			setOf(t, guardrails(t, selecting), guardrail.Options{Cluster: workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
				return nil, errors.New("the API server is away")
			}}}), pod(good), "the API server is away",
		},
		"a panic":                    {func() *guardrail.Set { panic("out of paint") }, pod(good), "out of paint"},
		"a Guardrail with a mistake": {setOf(t, guardrail.Default(), guardrail.Options{}), guardrailReview, "has a mistake"},
	}
}

const (
	faultyRule = `
    rules:
    - {name: team, resources: [{apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE]}], expression: "object.metadata.labels.team == 'shop'"}`
	faultyCondition = `
    match: {matchConditions: [{name: team, expression: "object.metadata.labels.team == 'shop'"}]}
    validators: [{name: image-latest-tag}]`
	selecting = `
    match: {namespaceSelector: {matchLabels: {team: shop}}}
    validators: [{name: image-latest-tag}]`

	guardrailReview = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1",
		"kind":{"group":"taffrail.dev","version":"v1alpha1","kind":"Guardrail"},"resource":{"group":"taffrail.dev","version":"v1alpha1","resource":"guardrails"},
		"name":"bad","operation":"CREATE","userInfo":{"username":"alice"},
		"object":{"apiVersion":"taffrail.dev/v1alpha1","kind":"Guardrail","metadata":{"name":"bad"},"spec":{"validators":[{"name":"no-such-check"}]}}}}`
)

// Whatever it is that refuses, a member of the group passes, and it is told, recorded and counted.
func TestBreakGlassHoldsWhateverRefuses(t *testing.T) {
	for name, test := range refusals(t) {
		t.Run(name, func(t *testing.T) {
			handler := newHandler(t)
			handler.Set, handler.BreakGlassGroup = test.set, "sre-on-call"
			registry := prometheus.NewRegistry()
			handler.Metrics = webhook.NewMetrics(registry)

			refused := answer(t, post(handler.Validate(), test.review))
			require.False(t, refused.Allowed, "it is refused for everybody else")
			assert.Contains(t, refused.Result.Message, test.refusal)
			assert.Zero(t, brokenGlass(t, registry))

			response := answer(t, post(handler.Validate(), by(onCall, test.review)))
			assert.True(t, response.Allowed)
			assert.Nil(t, response.Result)
			assert.True(t, strings.HasPrefix(response.Warnings[0], "break-glass: taffrail would have refused this"), response.Warnings[0])
			assert.Contains(t, strings.Join(response.Warnings, "\n"), test.refusal, "and why")
			assert.Equal(t, "alice", response.AuditAnnotations["break-glass"])
			assert.InDelta(t, 1, brokenGlass(t, registry), 0)

			handler.BreakGlassGroup = ""
			assert.False(t, answer(t, post(handler.Validate(), by(onCall, test.review))).Allowed, "nobody breaks the glass by default")
		})
	}
}

// Nobody reads the answer of a review whose sender has gone: nothing is done for it, and /validate
// would not let pass what it has not seen.
func TestACancelledReviewIsNotEvaluated(t *testing.T) {
	asked := 0
	handler := newHandler(t)
	set := handler.Set
	handler.Set = func() *guardrail.Set { asked++; return set() }
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	send := func(h http.Handler) string {
		request := newRequest(pod(`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"web","image":"nginx"}]}}`)).WithContext(gone)
		return serve(h, request).Body.String()
	}
	assert.Contains(t, send(handler.Validate()), `"allowed":false`)
	assert.Contains(t, send(handler.Mutate()), `"allowed":true`)
	assert.Zero(t, asked, "the guardrails are not asked")
}

func setOf(t *testing.T, objects guardrail.Objects, options guardrail.Options) func() *guardrail.Set {
	t.Helper()
	set, err := guardrail.Compile(objects, options)
	require.NoError(t, err)
	return func() *guardrail.Set { return set }
}

// guardrails is a Guardrail with this spec.
func guardrails(t *testing.T, spec string) guardrail.Objects {
	t.Helper()
	file := t.TempDir() + "/guardrail.yaml"
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: test}\nspec:%s\n", spec), 0o600))
	objects, err := files.Load(file)
	require.NoError(t, err)
	return objects
}

func brokenGlass(t *testing.T, registry *prometheus.Registry) float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() == "taffrail_break_glass_total" {
			return family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	require.FailNow(t, "there is no such metric")
	return 0
}
