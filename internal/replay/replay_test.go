package replay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/replay"
)

func decisions(t *testing.T, o replay.Options, file, text string) (all []*replay.Decision, notes []string) {
	t.Helper()
	if len(o.Objects.Guardrails) == 0 {
		o.Objects = guardrail.Default()
	}
	r, err := replay.New(o)
	require.NoError(t, err)
	require.NoError(t, r.Run(t.Context(), file, strings.NewReader(text), func(d *replay.Decision) error {
		all = append(all, d)
		return nil
	}))
	return all, r.Notes()
}

func big(t testing.TB) string {
	t.Helper()
	review, err := os.ReadFile("../../webhook/testdata/big.review.json")
	require.NoError(t, err)
	return string(review)
}

// What was recorded at the mutating webhook goes on to the validating one as that has made it; what
// was recorded at the validating one is as it was.
func TestWhereAReviewWasRecorded(t *testing.T) {
	for _, c := range []struct {
		webhook, file string
		mutated       bool
	}{
		{"", "reviews.jsonl", true},
		{"", "-", true},
		{"", "record/mutate-20261128T133631.000000000Z.jsonl", true},
		{"", "record/validate-20261128T133631.000000000Z.jsonl", false},
		{"validate", "reviews.jsonl", false},
		{"mutate", "validate-mine.jsonl", true},
	} {
		all, _ := decisions(t, replay.Options{Webhook: c.webhook}, c.file, big(t))
		require.Len(t, all, 1)
		assert.Equal(t, c.mutated, all[0].Mutate != nil, "%+v", c)
		assert.Equal(t, !c.mutated, bytes.Contains(all[0].Validate, []byte("resources.requests[cpu]")), "%+v: the default sets them", c)
	}
}

// Decisions come in the order of the reviews, however long each takes.
func TestDecisionsComeInTheirOrder(t *testing.T) {
	var text strings.Builder
	for i := range 300 {
		review := strings.Replace(big(t), `"uid":"a7920b8f-391b-49ad-bd1b-55a2d0ce6c71"`, fmt.Sprintf(`"uid":"%d"`, i), 1)
		if i%3 == 0 {
			review = "{no review"
		}
		text.WriteString(review + "\n")
	}
	all, _ := decisions(t, replay.Options{}, "-", text.String())
	require.Len(t, all, 300)
	for i, d := range all {
		assert.Equal(t, i+1, d.Line)
		if i%3 != 0 {
			assert.Equal(t, fmt.Sprint(i), d.UID)
		}
	}
}

func TestAnEndBeforeTheEnd(t *testing.T) {
	r, err := replay.New(replay.Options{Objects: guardrail.Default()})
	require.NoError(t, err)
	full := errors.New("the disk is full")
	seen := 0
	err = r.Run(t.Context(), "-", strings.NewReader(strings.Repeat(big(t)+"\n", 200)), func(*replay.Decision) error {
		seen++
		return full
	})
	require.ErrorIs(t, err, full)
	assert.Equal(t, 1, seen)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, r.Run(ctx, "-", strings.NewReader(big(t)), func(*replay.Decision) error { return nil }), context.Canceled)
}

func TestLabelsOfNamespacesAreAssumedOnce(t *testing.T) {
	objects := guardrail.Objects{Guardrails: []v1alpha1.Guardrail{{
		ObjectMeta: metav1.ObjectMeta{Name: "production"},
		Spec: v1alpha1.GuardrailSpec{
			Match:      &v1alpha1.Match{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"environment": "production"}}},
			Validators: []v1alpha1.Validator{{Name: "liveness-probe"}},
		},
	}}}
	var text strings.Builder
	for i := range 9 {
		text.WriteString(strings.ReplaceAll(big(t), `"namespace":"shop"`, fmt.Sprintf(`"namespace":"shop%d"`, i%5)) + "\n")
	}
	all, notes := decisions(t, replay.Options{Objects: objects}, "-", text.String())
	assert.Equal(t, replay.Denied, all[0].Decision, "taken to match")
	assert.Equal(t, []string{"namespaces taken to match environment=production of Guardrail production: shop0, shop1, shop2 and 2 more; " +
		"a review does not have their labels (--namespace-labels says them)"}, notes)

	all, notes = decisions(t, replay.Options{Objects: objects, NamespaceLabels: map[string]string{"environment": "test"}}, "-", text.String())
	assert.Equal(t, replay.Allowed, all[0].Decision)
	assert.Empty(t, notes)
}

// What is said of a review that could not be evaluated is told like a finding.
func TestWhatIsNoFindingIsToldToo(t *testing.T) {
	review := strings.Replace(big(t), `"containers":[`, `"containers":["x",`, 1)
	all, _ := decisions(t, replay.Options{}, "-", review)
	require.Len(t, all, 1)
	assert.Equal(t, replay.Denied, all[0].Decision)
	var text bytes.Buffer
	require.NoError(t, replay.Text(&text, all[0]))
	assert.Contains(t, text.String(), "\n  Warn taffrail set no defaults: request.object: decoding a Pod")
	assert.Contains(t, text.String(), "\n  Deny taffrail could not evaluate the object, so it is refused: request.object: decoding a Pod")
}

// A patch may set a field that brings defaults of the API with it: the validating webhook sees them.
func TestThePatchIsAppliedAsTheAPIServerDoes(t *testing.T) {
	objects := guardrail.Objects{Guardrails: []v1alpha1.Guardrail{{
		ObjectMeta: metav1.ObjectMeta{Name: "env"},
		Spec: v1alpha1.GuardrailSpec{
			Mutators: []v1alpha1.Mutator{{Name: "add-env", Params: &runtime.RawExtension{
				Raw: []byte(`{"env":[{"name":"NODE","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}}]}`),
			}}},
			Rules: []v1alpha1.Rule{{
				Name: "field-ref", Message: "must have an apiVersion",
				Resources: []admissionregistrationv1.RuleWithOperations{{
					Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
					Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
				}},
				Expression: `object.spec.containers.all(c, c.env.exists(e, e.name == 'NODE' && e.valueFrom.fieldRef.apiVersion == 'v1'))`,
			}},
		},
	}}}
	all, _ := decisions(t, replay.Options{Objects: objects}, "-", big(t))
	assert.Equal(t, replay.Allowed, all[0].Decision, string(all[0].Validate))
}

func reviewOf(t testing.TB, object any) []byte {
	t.Helper()
	raw, err := json.Marshal(object)
	require.NoError(t, err)
	var meta metav1.PartialObjectMetadata
	require.NoError(t, json.Unmarshal(raw, &meta))
	kind := corev1.SchemeGroupVersion.WithKind(meta.Kind)
	review, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: "1", Operation: admissionv1.Create, Kind: metav1.GroupVersionKind(kind), Namespace: "shop", Name: meta.Name,
			Resource: metav1.GroupVersionResource{Version: "v1", Resource: strings.ToLower(meta.Kind) + "s"},
			Object:   runtime.RawExtension{Raw: raw},
		},
	})
	require.NoError(t, err)
	return review
}
