package events

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/cluster/confirm"
	"taffrail.dev/taffrail/internal/workload"
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
	config := &rest.Config{Host: "localhost"}
	questions, err := confirm.New(config, logr.Discard())
	require.NoError(t, err)
	r, err := New(config, questions, logr.Discard())
	require.NoError(t, err)
	return r
}

const owned = `{"generateName":"web-","ownerReferences":[
	{"apiVersion":"v1","kind":"Node","name":"other","uid":"u-1"},
	{"apiVersion":"apps/v1","kind":"StatefulSet","name":"web","uid":"u-2","controller":true}]}`

// there answers questions as an API server does that has this object.
func there(object *metav1.PartialObjectMetadata, asked *[]confirm.Question) func(confirm.Question) bool {
	return func(q confirm.Question) bool {
		*asked = append(*asked, q)
		if object == nil {
			q.Answered(nil, errors.New("it is not there"))
			return true
		}
		q.Answered(object, nil)
		return true
	}
}

func TestTheOwnerOfARefusedPodIsTold(t *testing.T) {
	r := newRecorder(t)
	var asked []confirm.Question
	r.ask = there(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{UID: "u-2"}}, &asked)
	r.Refused("192.0.2.1", refused(t, admissionv1.Create, `{"name":"alone"}`))
	r.Refused("192.0.2.1", refused(t, admissionv1.Update, owned))
	require.Empty(t, r.queue, "whoever sent these has had the answer")
	require.Empty(t, asked)

	r.Refused("192.0.2.1", refused(t, admissionv1.Create, owned))
	r.Refused("192.0.2.1", refused(t, admissionv1.Create, owned))
	require.Len(t, r.queue, 1, "once")
	require.Len(t, asked, 1, "nobody is asked about an owner that has been told")
	assert.Equal(t, "192.0.2.1", asked[0].Sender)
	assert.Equal(t, confirm.Object{Resource: appsv1.SchemeGroupVersion.WithResource("statefulsets"), Namespace: "shop", Name: "web", UID: "u-2"}, asked[0].Object)
	e := <-r.queue
	assert.Equal(t, corev1.ObjectReference{APIVersion: "apps/v1", Kind: "StatefulSet", Namespace: "shop", Name: "web", UID: "u-2"}, e.about)
	assert.Equal(t, `Taffrail refused Pod "web-": image-latest-tag: spec.containers[0].image: Invalid value: "nginx": must have a tag other than latest (container "web")`, e.message)
}

// Anybody who reaches the port may send a review that names an owner.
func TestAnOwnerThatIsNotConfirmedGetsNoEvent(t *testing.T) {
	r := newRecorder(t)
	var asked []confirm.Question
	r.ask = there(nil, &asked)
	r.Refused("192.0.2.1", refused(t, admissionv1.Create, owned))
	require.Len(t, asked, 1)
	assert.Empty(t, r.queue)
	assert.False(t, r.owners.told("u-2"), "the true owner is told when its turn comes")
}

func TestAnOwnerOfAKindThatNobodyLooksUpGetsNoEvent(t *testing.T) {
	for name, owner := range map[string]string{
		"of somebody's own kind":  `{"apiVersion":"example.com/v1","kind":"Web","name":"web","uid":"u-2","controller":true}`,
		"of a group made up":      `{"apiVersion":"apps.example.com/v1","kind":"StatefulSet","name":"web","uid":"u-2","controller":true}`,
		"that can own no Pod":     `{"apiVersion":"v1","kind":"Secret","name":"web","uid":"u-2","controller":true}`,
		"that is not controlling": `{"apiVersion":"apps/v1","kind":"StatefulSet","name":"web","uid":"u-2"}`,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder(t)
			var asked []confirm.Question
			r.ask = there(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{UID: "u-2"}}, &asked)
			r.Refused("192.0.2.1", refused(t, admissionv1.Create, `{"name":"web-0","ownerReferences":[`+owner+`]}`))
			assert.Empty(t, asked)
			assert.Empty(t, r.queue)
		})
	}
}

// Whose a ReplicaSet is says the API server, and no review.
func TestTheEventOfAReplicaSetIsOnItsDeployment(t *testing.T) {
	r := newRecorder(t)
	var asked []confirm.Question
	r.ask = there(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		UID: "u-3", OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "Deployment", Name: "web", UID: "u-4", Controller: new(true)}},
	}}, &asked)
	r.Refused("192.0.2.1", refused(t, admissionv1.Create,
		`{"name":"web-1-x","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-1","uid":"u-3","controller":true}]}`))
	require.Len(t, r.queue, 1)
	assert.Equal(t, corev1.ObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web", UID: "u-4"}, (<-r.queue).about)
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
