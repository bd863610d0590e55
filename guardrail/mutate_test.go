package guardrail

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/internal/workload"
)

func TestMutateCompletesPodsAtTheirCreationOnly(t *testing.T) {
	set := compiled(t, Options{}, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {mutators: [{name: default-resource-requests}]}
`)
	for _, test := range []struct {
		name    string
		request request
		patched bool
	}{
		{"a new Pod", request{object: nginxPod}, true},
		{"an update", request{operation: admissionv1.Update, object: nginxPod, old: nginxPod}, false},
		{"a subresource", request{object: nginxPod, subresource: "resize"}, false},
		{"a deletion", request{operation: admissionv1.Delete, old: nginxPod}, false},
		{"an excluded namespace", request{object: nginxPod, namespace: "kube-system"}, false},
		{"a Pod without containers", request{object: "apiVersion: v1\nkind: Pod\nspec: {containers: []}"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := set.Mutate(context.Background(), test.request.review(t))
			assert.Equal(t, test.patched, len(m.Patch) > 0)
			if test.patched {
				assert.Equal(t, []Applied{{Guardrail: "g", Mutator: "default-resource-requests"}}, m.Applied)
			}
		})
	}
}

func TestADefaultThatPanicsIsSkippedAsAWhole(t *testing.T) {
	set := compiled(t, Options{}, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {mutators: [{name: default-resource-requests}, {name: default-security-context}]}
`)
	requests := set.guardrails[0].mutators[0].mutate
	set.guardrails[0].mutators[0].mutate = func(r *workload.Review) { requests(r); panic("boom") }
	m := set.Mutate(context.Background(), request{object: nginxPod}.review(t))
	require.Len(t, m.Errors, 1)
	assert.Equal(t, []Applied{{Guardrail: "g", Mutator: "default-security-context"}}, m.Applied)
	for _, operation := range m.Patch {
		assert.NotContains(t, operation.Path, "resources")
	}
}

func TestATemplateIsEvaluatedAsThePodThatItWillBecome(t *testing.T) {
	cronJob := `
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: backup, image: 'backup:1'}]}}}}}
`
	validators := `validators: [{name: resource-requests}, {name: pod-security, params: {level: restricted, exclude: [runAsNonRoot, capabilities_restricted]}}]`
	document := func(mutators string) string {
		return `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {` + mutators + validators + `}
`
	}
	assert.NotEmpty(t, evaluated(t, compiled(t, Options{}, document("")), request{object: cronJob}))
	r := request{object: cronJob}.review(t)
	set := compiled(t, Options{}, document("mutators: [{name: default-resource-requests}, {name: default-security-context}], "))
	d, err := set.Validate(context.Background(), r)
	require.NoError(t, err)
	assert.Empty(t, d.Findings)
	assert.Empty(t, r.Pod.Patch(), "the template itself is left alone")
	assert.Empty(t, set.Mutate(context.Background(), request{object: cronJob}.review(t)).Patch)
}
