package leader

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cluster/apitest"
	"taffrail.dev/taffrail/internal/cluster/events"
	"taffrail.dev/taffrail/internal/workload"
)

// exemption is one from latestTag. All the while, the Lease is renewed: a month would be a million times.
func exemption(lasts time.Duration) *v1alpha1.Exemption {
	return &v1alpha1.Exemption{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "old-web"},
		Spec: v1alpha1.ExemptionSpec{
			Validators: []string{"image-latest-tag"}, Reason: "r", Owner: "o", Expires: time.Now().Add(lasts).UTC().Format(time.RFC3339),
		},
	}
}

// told waits for a condition of the Exemption to have a reason.
func told(t *testing.T, server *apitest.Server, condition, reason string) *v1alpha1.Exemption {
	t.Helper()
	e := exemption(0)
	require.Eventually(t, func() bool {
		server.Load(e)
		c := meta.FindStatusCondition(e.Status.Conditions, condition)
		return c != nil && c.Reason == reason
	}, patience, time.Second)
	return e
}

// use has a replica let a Pod of the Namespace through.
func (r *replica) use(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	set := r.set
	r.mu.Unlock()
	review, err := workload.NewReview(&admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Namespace: "shop",
		Kind: metav1.GroupVersionKind{Version: "v1", Kind: "Pod"}, Resource: metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		Object: runtime.RawExtension{Raw: []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"nginx"}]}}`)},
	})
	require.NoError(t, err)
	d, err := set.Validate(t.Context(), review)
	require.NoError(t, err)
	require.Len(t, d.Exempted, 1)
}

func TestWhatBecameOfAGuardrailIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		change          func(*v1alpha1.Guardrail)
		status          metav1.ConditionStatus
		reason, message string
		event           string // its reason
	}{
		"it is in force": {func(*v1alpha1.Guardrail) {}, metav1.ConditionTrue, v1alpha1.ReasonInForce, "in force", events.Loaded},
		"a check is not known": {func(g *v1alpha1.Guardrail) {
			g.Spec.Validators = append(g.Spec.Validators, v1alpha1.Validator{Name: "image-latest-tags"})
		}, metav1.ConditionFalse, v1alpha1.ReasonPartlyInForce, "in force in part; NOT ENFORCED: spec.validators[1].name", events.Refused},
		"a selector is wrong": {func(g *v1alpha1.Guardrail) {
			g.Spec.Match = &v1alpha1.Match{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"a b": ""}}}
		}, metav1.ConditionFalse, v1alpha1.ReasonRefused, "spec.match.namespaceSelector", events.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			apitest.Bubble(t, func(t *testing.T) {
				g := latestTag()
				test.change(g)
				server := installed(t, g)
				start(t, server)
				condition := ready(t, server)
				assert.Equal(t, test.status, condition.Status)
				assert.Equal(t, test.reason, condition.Reason)
				assert.Contains(t, condition.Message, test.message)
				assert.EqualValues(t, 1, condition.ObservedGeneration)
				event := theEvent(t, server)
				assert.Equal(t, test.event, event.Reason)
				assert.Contains(t, event.Message, test.message)
			})
		})
	}
}

// What expires while nobody changes anything is told at the next resync.
func TestAnExemptionThatExpiresIsTold(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := installed(t, latestTag(), exemption(10*time.Minute))
		start(t, server)
		e := told(t, server, v1alpha1.ConditionReady, v1alpha1.ReasonInForce)
		expires, err := time.Parse(time.RFC3339, e.Spec.Expires)
		require.NoError(t, err)
		e = told(t, server, v1alpha1.ConditionReady, v1alpha1.ReasonExpired)
		assert.WithinDuration(t, expires, time.Now(), resync+time.Second)
		assert.Equal(t, "expired "+e.Spec.Expires, meta.FindStatusCondition(e.Status.Conditions, v1alpha1.ConditionReady).Message)
	})
}

// Every replica lets through what it is asked about, and the leader counts it.
func TestTheUseOfAnExemptionIsTold(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := installed(t, latestTag(), exemption(time.Hour))
		leads := start(t, server)
		require.Eventually(t, func() bool { return len(leads.said("this replica leads")) > 0 }, patience, tick)
		told(t, server, v1alpha1.ConditionInUse, "Unused")
		follows := start(t, server)
		require.Eventually(t, func() bool { return follows.current().known }, patience, tick)

		used := time.Now()
		follows.use(t)
		e := told(t, server, v1alpha1.ConditionInUse, "Used")
		assert.WithinDuration(t, used, e.Status.LastUsed.Time, time.Second)

		e.Status.LastUsed = new(metav1.NewTime(time.Now().Add(-lastUsedApart * 5 / 6).Truncate(time.Second)))
		server.Put(e)
		written := func() bool {
			now := exemption(0)
			return server.Load(now) && !now.Status.LastUsed.Equal(e.Status.LastUsed)
		}
		follows.use(t)
		require.Never(t, written, lastUsedApart/12, time.Second, "once an hour is enough")
		time.Sleep(lastUsedApart / 12) // of a clock that nobody waits for
		follows.use(t)
		require.Eventually(t, written, patience, tick)
		assert.Empty(t, follows.said("this replica leads"))
	})
}

// A status is told of the object that was evaluated: where that is another by now, or none, its own
// evaluation is coming, and there is nothing to complain of.
func TestAStatusOfWhatHasChangedMeanwhileIsNoFailure(t *testing.T) {
	guardrails := schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "guardrails"}
	for name, failure := range map[string]*apierrors.StatusError{
		"it has changed": apierrors.NewConflict(guardrails, "baseline", errors.New("modified")),
		"it is deleted":  apierrors.NewNotFound(guardrails, "baseline"),
	} {
		t.Run(name, func(t *testing.T) {
			apitest.Bubble(t, func(t *testing.T) {
				server := installed(t, latestTag())
				var answered atomic.Int64
				server.Answer(refuse(failure, func(r *http.Request) bool {
					return request(http.MethodPatch, "/guardrails/baseline/status")(r) && answered.Add(1) == 1
				}))
				r := start(t, server)
				ready(t, server)
				assert.EqualValues(t, 2, answered.Load(), "written with the next look")
				assert.Empty(t, r.complaints())
				assert.Equal(t, events.Loaded, theEvent(t, server).Reason, "once it is written, and once")
			})
		})
	}
}

// The patch holds for what was evaluated: the API server has the last word.
func TestAStatusIsNeverWrittenIntoWhatWasNotEvaluated(t *testing.T) {
	wrong := latestTag()
	wrong.Generation = 2
	wrong.Spec.Validators[0].Name = "image-latest-tags"
	for name, change := range map[string]func(*apitest.Server){
		"another of its name": func(s *apitest.Server) {
			s.Remove(latestTag())
			s.Put(wrong)
		},
		"the same, with another spec": func(s *apitest.Server) {
			now := latestTag()
			s.Load(now)
			now.Generation, now.Spec = wrong.Generation, wrong.Spec
			s.Put(now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			apitest.Bubble(t, func(t *testing.T) {
				server := installed(t, latestTag())
				server.Answer(func(_ http.ResponseWriter, r *http.Request) bool {
					if request(http.MethodPatch, "/guardrails/baseline/status")(r) {
						server.Answer(nil)
						change(server)
					}
					return false
				})
				r := start(t, server)
				assert.Equal(t, v1alpha1.ReasonRefused, ready(t, server).Reason)
				assert.Equal(t, events.Refused, theEvent(t, server).Reason, "nothing was told of the first")
				assert.Empty(t, r.complaints())
			})
		})
	}
}
