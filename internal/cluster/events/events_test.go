package events

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/apitest"
	"taffrail.dev/taffrail/internal/cluster/confirm"
)

const (
	patience = 20 * time.Second
	tick     = 10 * time.Millisecond
)

// recording runs a Recorder, and who answers its questions, until the test ends. Its log comes line
// by line.
func recording(t *testing.T, server *apitest.Server) (*Recorder, <-chan string) {
	t.Helper()
	lines := make(chan string, 100)
	log := funcr.New(func(_, line string) { lines <- line }, funcr.Options{Verbosity: 1})
	questions, err := confirm.New(server.Config(), log)
	require.NoError(t, err)
	r, err := New(server.Config(), questions, log)
	require.NoError(t, err)
	for _, run := range []func(context.Context) error{questions.Run, r.Run} {
		ended := make(chan error)
		go func() { ended <- run(t.Context()) }() // which ends just before the cleanup
		t.Cleanup(func() { assert.NoError(t, <-ended) })
	}
	return r, lines
}

// written are the Events that the API server has.
func written(t *testing.T, server *apitest.Server) []corev1.Event {
	t.Helper()
	client, err := cluster.NewClients(server.Config()).Events()
	require.NoError(t, err)
	list, err := client.Events("").List(context.Background(), metav1.ListOptions{})
	require.NoError(t, err)
	return list.Items
}

// theEvent waits for the one that there will be.
func theEvent(t *testing.T, server *apitest.Server) corev1.Event {
	t.Helper()
	require.Eventually(t, func() bool { return len(written(t, server)) > 0 }, patience, tick)
	all := written(t, server)
	require.Len(t, all, 1)
	return all[0]
}

func baseline() *v1alpha1.Guardrail {
	return &v1alpha1.Guardrail{ObjectMeta: metav1.ObjectMeta{Name: "baseline", UID: "u-1"}}
}

func TestAGuardrailIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		mistakes              error
		kind, reason, message string
	}{
		"in force":     {nil, corev1.EventTypeNormal, Loaded, "in force: 2 validators, 1 mutators"},
		"not in force": {errors.New("spec.a: wrong\nspec.b: wrong"), corev1.EventTypeWarning, Refused, "spec.a: wrong; spec.b: wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			server := apitest.New(t)
			r, _ := recording(t, server)
			r.Guardrail(baseline(), "in force: 2 validators, 1 mutators", test.mistakes)
			e := theEvent(t, server)
			assert.Equal(t, corev1.ObjectReference{APIVersion: "taffrail.dev/v1alpha1", Kind: "Guardrail", Name: "baseline", UID: "u-1"}, e.InvolvedObject)
			assert.Equal(t, metav1.NamespaceDefault, e.Namespace, "where kubectl describe looks for those of what is in no Namespace")
			assert.Equal(t, []string{test.kind, test.reason, test.message}, []string{e.Type, e.Reason, e.Message})
			assert.Equal(t, "taffrail", e.Source.Component)
			assert.EqualValues(t, 1, e.Count)
			assert.WithinDuration(t, time.Now(), e.LastTimestamp.Time, patience)
		})
	}
}

// From the review to the API server: the owner is looked up, and the Event is on its Deployment.
func TestADeploymentIsToldWhyItsPodsAreRefused(t *testing.T) {
	server := apitest.New(t, &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "web-1", UID: "u-3",
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "Deployment", Name: "web", UID: "u-4", Controller: new(true)}},
	}})
	r, _ := recording(t, server)
	r.Refused("192.0.2.1", refused(t, admissionv1.Create,
		`{"generateName":"web-1-","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-1","uid":"u-3","controller":true}]}`))
	e := theEvent(t, server)
	assert.Equal(t, corev1.ObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web", UID: "u-4"}, e.InvolvedObject)
	assert.Equal(t, "shop", e.Namespace)
	assert.Equal(t, PodRefused, e.Reason)
	assert.Contains(t, e.Message, `Taffrail refused Pod "web-1-": image-latest-tag`)
}

// A review may name any owner, and a ReplicaSet may be gone by now.
func TestAnOwnerThatIsNotThereGetsNoEvent(t *testing.T) {
	server := apitest.New(t)
	r, lines := recording(t, server)
	r.Refused("192.0.2.1", refused(t, admissionv1.Create, owned))
	assert.Contains(t, <-lines, "no Event for an owner that is not confirmed")
	assert.Equal(t, "/apis/apps/v1/namespaces/shop/statefulsets/web", server.Requests(http.MethodGet)[0].Path)
	r.Guardrail(baseline(), "after it", nil)
	assert.Equal(t, "after it", theEvent(t, server).Message)
}

// An Event is a courtesy: the next is written all the same.
func TestAnEventThatIsNotTakenIsLogged(t *testing.T) {
	events := schema.GroupResource{Resource: "events"}
	for name, failure := range map[string]*apierrors.StatusError{
		"for want of a right":           apierrors.NewForbidden(events, "", errors.New(`User "system:serviceaccount:taffrail-system:taffrail" cannot create resource "events"`)),
		"in a Namespace that is ending": apierrors.NewForbidden(events, "", errors.New("because it is being terminated")),
		"in one that is gone":           apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shop"),
		"by a broken API server":        apierrors.NewInternalError(errors.New("etcdserver: no leader")),
	} {
		t.Run(name, func(t *testing.T) {
			server := apitest.New(t)
			r, lines := recording(t, server)
			server.Answer(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost {
					return false
				}
				server.Answer(nil)
				apitest.Refuse(w, failure)
				return true
			})
			r.Guardrail(baseline(), "the first", nil)
			r.Guardrail(baseline(), "the second", nil)
			assert.Equal(t, "the second", theEvent(t, server).Message)
			line := <-lines
			for _, part := range []string{"writing an Event", `"reason"="Loaded"`, `"kind"="Guardrail"`, `"name"="baseline"`} {
				assert.Contains(t, line, part)
			}
			unquoted := strings.ReplaceAll(line, `\"`, `"`)
			assert.Contains(t, unquoted, failure.Error(), "the API server's words, which name the right")
			assert.Empty(t, lines)
		})
	}
}

// The end of the program does not wait for an API server, and is no failure.
func TestARecorderEndsWhileTheAPIServerDoesNotAnswer(t *testing.T) {
	server := apitest.New(t)
	held := make(chan struct{})
	server.Answer(func(_ http.ResponseWriter, r *http.Request) bool {
		close(held)
		<-r.Context().Done()
		return true
	})
	var lines []string
	log := funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{})
	r, err := New(server.Config(), &confirm.Questions{}, log)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	r.Guardrail(baseline(), "never told", nil)
	<-held
	stop()
	require.NoError(t, <-ended)
	assert.Empty(t, lines)
}

func TestARecorderOfNoAddress(t *testing.T) {
	_, err := New(&rest.Config{Host: "http://a b"}, &confirm.Questions{}, logr.Discard())
	require.ErrorContains(t, err, "make a client for Events")
}
