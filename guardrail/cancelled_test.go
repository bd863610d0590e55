package guardrail

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

var createdPods = []validators.Resource{{
	GroupVersionResource: corev1.SchemeGroupVersion.WithResource("pods"),
	Operations:           []admissionv1.Operation{admissionv1.Create},
}}

// Once whoever sent the review has gone, no check runs that has not begun, in no guardrail, and
// what was found by then is no verdict.
func TestNoCheckBeginsOnceTheSenderHasGone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ran := 0
	check := validator{name: "check", resources: createdPods, check: &catalogued{resources: createdPods, validate: func(*workload.Review) []validators.Finding {
		ran++
		cancel()
		return nil
	}}}
	set := newSet(Options{})
	for _, name := range []string{"one", "two"} {
		set.add(&guardrail{name: name, validators: []validator{check, check}})
	}
	_, err := set.Validate(ctx, created(t, webPod(), "pods"))
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 1, ran)
}

// The same of defaults: half of them are no patch.
func TestNoDefaultBeginsOnceTheSenderHasGone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ran := 0
	label := mutator{name: "default", mutate: func(r *workload.Review) {
		ran++
		r.Pod.SetLabel("a", "b")
		cancel()
	}}
	set := newSet(Options{})
	set.add(&guardrail{name: "one", mutators: []mutator{label, label}})
	m := set.Mutate(ctx, created(t, webPod(), "pods"))
	require.Len(t, m.Errors, 1)
	require.ErrorIs(t, m.Errors[0], context.Canceled)
	assert.Empty(t, m.Patch)
	assert.Equal(t, 1, ran)
}

func webPod() *corev1.Pod {
	pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "web:1"}}}}
	pod.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
	return pod
}
