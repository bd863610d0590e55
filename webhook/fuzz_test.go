package webhook_test

import (
	"bytes"
	"encoding/json"
	"os"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/dice"
)

// What both answers to a review may allocate: so much for any, and so much for
// each byte that was sent. `{}` is a container, and a finding of every check, so
// that a byte can cost 6 kB; but the cost must not grow faster than the review.
const (
	fuzzAllocation        = 2 << 20
	fuzzAllocationPerByte = 8 << 10
)

// FuzzReview holds that any bytes give a 4xx, or a review with the request's UID;
// that /mutate refuses nothing, and that its patch applies; that a refusal says
// why; and that the memory for it is bounded by what was sent.
func FuzzReview(f *testing.F) {
	for _, name := range []string{"small", "big", "bad", "xl"} {
		review, err := os.ReadFile("testdata/" + name + ".review.json")
		require.NoError(f, err)
		f.Add(review)
	}
	f.Add([]byte(pod(`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[null]}}`)))
	f.Add([]byte(pod(`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[` + strings.Repeat("{},", 99) + `{}]}}`)))
	f.Add([]byte(pod(`null`)))
	f.Add([]byte(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u"}}`))
	f.Add([]byte(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":null}`))
	for seed := range uint64(64) {
		f.Add(throw(seed))
	}
	h := newHandler(f)
	mutate, validate := h.Mutate(), h.Validate()
	f.Fuzz(func(t *testing.T, input []byte) {
		body := string(reviewOf(input))
		before := allocated()
		mutated, validated := post(mutate, body), post(validate, body)
		require.LessOrEqual(t, allocated()-before, uint64(fuzzAllocation+fuzzAllocationPerByte*len(body)))

		require.Equal(t, mutated.Code, validated.Code)
		if mutated.Code >= 400 && mutated.Code < 500 {
			return
		}
		var sent admissionv1.AdmissionReview
		require.NoError(t, json.Unmarshal([]byte(body), &sent))
		completed, verdict := answer(t, mutated), answer(t, validated)
		require.Equal(t, sent.Request.UID, completed.UID)
		require.Equal(t, sent.Request.UID, verdict.UID)
		require.True(t, completed.Allowed)
		requireApplies(t, completed.Patch, sent.Request.Object.Raw)
		if !verdict.Allowed {
			require.NotEmpty(t, verdict.Result.Message)
		}
	})
}

// reviewOf is the body that an input stands for: one that begins with a brace is
// it, any other is the dice that a review is made with.
func reviewOf(input []byte) []byte {
	if bytes.HasPrefix(input, []byte("{")) {
		return input
	}
	d := dice.Wild(input)
	kinds := []schema.GroupVersionKind{
		{Version: "v1", Kind: "Pod"},
		{Group: "apps", Version: "v1", Kind: "Deployment"},
		{Group: "batch", Version: "v1", Kind: "CronJob"},
		{Version: "v1", Kind: "Service"},
		{Group: "example.com", Version: "v1", Kind: "Widget"},
	}
	kind := kinds[d.Roll(len(kinds))]
	operation := []string{"CREATE", "UPDATE", "DELETE", "CONNECT", ""}[d.Roll(5)]
	subresource := []string{"", "", "", "status", "ephemeralcontainers", "exec", "resize"}[d.Roll(7)]
	object, old := d.Template().In(kind), []byte("null")
	if operation == "UPDATE" || operation == "DELETE" {
		old = d.Template().In(kind)
	}
	if operation == "DELETE" {
		object = []byte("null")
	}
	head, _ := json.Marshal(map[string]any{"group": kind.Group, "version": kind.Version, "kind": kind.Kind})
	resource, _ := json.Marshal(map[string]any{"group": kind.Group, "version": kind.Version, "resource": strings.ToLower(kind.Kind) + "s"})
	return []byte(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","kind":` + string(head) + `,"resource":` + string(resource) +
		`,"namespace":"shop","operation":"` + operation + `","subResource":"` + subresource + `","object":` + string(object) + `,"oldObject":` + string(old) + `}}`)
}

func throw(seed uint64) []byte {
	data := dice.Bytes(seed, 200)
	data[0] |= 0x80 // no brace
	return data
}

func requireApplies(t *testing.T, patch, object []byte) {
	t.Helper()
	if len(patch) == 0 {
		return
	}
	operations, err := jsonpatch.DecodePatch(patch)
	require.NoError(t, err)
	patched, err := operations.Apply(object)
	require.NoError(t, err, "%s\n%s", patch, object)
	var pod struct{ Kind string }
	require.NoError(t, json.Unmarshal(patched, &pod))
	require.Equal(t, "Pod", pod.Kind)
}

// allocated is how many bytes of the heap have been taken so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// TestReviewsOfDice shows that what the dice make are reviews, and that they are
// patched, refused and allowed.
func TestReviewsOfDice(t *testing.T) {
	h := newHandler(t)
	patched, refused, allowed := 0, 0, 0
	for seed := range uint64(200) {
		body := string(reviewOf(throw(seed)))
		if len(answer(t, post(h.Mutate(), body)).Patch) > 0 {
			patched++
		}
		if answer(t, post(h.Validate(), body)).Allowed {
			allowed++
		} else {
			refused++
		}
	}
	require.Greater(t, min(patched, refused, allowed), 5, "patched %d, refused %d, allowed %d", patched, refused, allowed)
}
