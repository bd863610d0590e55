package events

import (
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/workload"
)

// refused is the refusal of a Pod without a tag.
func refused(t *testing.T, operation admissionv1.Operation, metadata string) *guardrail.Decision {
	t.Helper()
	set, err := guardrail.Compile(guardrail.Default(), guardrail.Options{})
	require.NoError(t, err)
	raw := `{"apiVersion":"v1","kind":"Pod","metadata":` + metadata + `,"spec":{"containers":[{"name":"web","image":"nginx"}]}}`
	review, err := workload.NewReview(&admissionv1.AdmissionRequest{
		Operation: operation, Namespace: "shop",
		Kind: metav1.GroupVersionKind{Version: "v1", Kind: "Pod"}, Resource: metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		Object: runtime.RawExtension{Raw: []byte(raw)},
	})
	require.NoError(t, err)
	d, err := set.Validate(t.Context(), review)
	require.NoError(t, err)
	require.True(t, d.Denied())
	return &d
}

func newRecorder(t *testing.T) *Recorder {
	t.Helper()
	r, err := New(&rest.Config{Host: "localhost"}, logr.Discard())
	require.NoError(t, err)
	return r
}

func TestTheOwnerOfARefusedPodIsTold(t *testing.T) {
	const owned = `{"generateName":"web-","ownerReferences":[
		{"apiVersion":"v1","kind":"Node","name":"other","uid":"u-1"},
		{"apiVersion":"apps/v1","kind":"StatefulSet","name":"web","uid":"u-2","controller":true}]}`
	r := newRecorder(t)
	r.Refused(refused(t, admissionv1.Create, `{"name":"alone"}`))
	r.Refused(refused(t, admissionv1.Update, owned))
	require.Empty(t, r.queue, "whoever sent these has had the answer")

	r.Refused(refused(t, admissionv1.Create, owned))
	r.Refused(refused(t, admissionv1.Create, owned))
	require.Len(t, r.queue, 1, "once")
	e := <-r.queue
	assert.Equal(t, corev1.ObjectReference{APIVersion: "apps/v1", Kind: "StatefulSet", Namespace: "shop", Name: "web", UID: "u-2"}, e.about)
	assert.Equal(t, `Taffrail refused Pod "web-": image-latest-tag: spec.containers[0].image: Invalid value: "nginx": must have a tag other than latest (container "web")`, e.message)
}

func TestAFullQueueMakesNobodyWait(t *testing.T) {
	r := newRecorder(t)
	for i := range 2 * queued {
		r.enqueue(event{about: corev1.ObjectReference{UID: types.UID(rune(i))}})
	}
	assert.Len(t, r.queue, queued)
}

func TestWhatAnEventSaysIsOneShortLine(t *testing.T) {
	assert.Equal(t, "a; b", oneLine("a\nb"))
	assert.Len(t, oneLine(strings.Repeat("é", maxMessage)), maxMessage-1, "no half letter") // the ellipsis has three bytes
}
