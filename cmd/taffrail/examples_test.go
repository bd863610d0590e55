package main

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/workload"
)

// What the README says of the reviews in examples/ is true.

func TestExampleOfAPrivilegedPod(t *testing.T) {
	set, review := exampleReview(t, "../../examples/review-privileged-pod.json")
	decision, err := set.Validate(context.Background(), review)
	require.NoError(t, err)
	assert.True(t, decision.Denied())
}

func TestExampleOfAPlainPod(t *testing.T) {
	set, review := exampleReview(t, "../../examples/review-plain-pod.json")
	var applied []string
	for _, a := range set.Mutate(context.Background(), review).Applied {
		applied = append(applied, a.Mutator)
	}
	assert.Equal(t, []string{"default-prometheus-annotations", "default-resource-requests", "default-security-context"}, applied)
	decision, err := set.Validate(context.Background(), review)
	require.NoError(t, err)
	assert.False(t, decision.Denied())
}

func exampleReview(t *testing.T, file string) (*guardrail.Set, *workload.Review) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var body admissionv1.AdmissionReview
	require.NoError(t, json.Unmarshal(data, &body))
	review, err := workload.NewReview(body.Request)
	require.NoError(t, err)
	set, err := guardrail.Compile(guardrail.Default(), guardrail.Options{})
	require.NoError(t, err)
	return set, review
}

// TestExampleGuardrails: the guardrail of the documentation is one that Taffrail
// takes, and it holds where its selector says.
func TestExampleGuardrails(t *testing.T) {
	objects, err := files.Load("../../examples/guardrails")
	require.NoError(t, err)
	assert.Len(t, objects.Guardrails, 1)
	assert.Len(t, objects.Exemptions, 1)
	set, err := guardrail.Compile(objects, guardrail.Options{})
	require.NoError(t, err)
	assert.Equal(t, 1, set.Len())
}
