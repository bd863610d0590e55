package leader

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/internal/cluster/apitest"
	"taffrail.dev/taffrail/internal/cluster/election"
	"taffrail.dev/taffrail/internal/names"
)

func TestALeaderTellsAndKeeps(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := installed(t, latestTag())
		r := start(t, server)

		c := validating(t, server)
		assert.Equal(t, []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: names.Namespace, UID: "ours"}}, c.OwnerReferences)
		require.NotEmpty(t, c.Webhooks)
		for _, w := range c.Webhooks {
			assert.Equal(t, "ours", string(w.ClientConfig.CABundle), w.Name)
		}
		condition := ready(t, server)
		assert.Equal(t, metav1.ConditionTrue, condition.Status)
		assert.Equal(t, "in force", condition.Message)

		assert.Equal(t, "in force: 1 validators, 0 mutators", theEvent(t, server).Message)

		// What is as it must be is written no more, however often it is looked at.
		require.Never(t, func() bool {
			now := validatingConfiguration()
			return !server.Load(now) || now.ResourceVersion != c.ResourceVersion
		}, 10*resync, time.Second)
		assert.Empty(t, r.complaints())
	})
}

// What an API server keeps of an apply is what others have added; what they have changed it takes back.
func TestWhatOthersDoToAConfigurationIsTakenBack(t *testing.T) {
	for name, change := range map[string]func(*apitest.Server, *admissionregistrationv1.ValidatingWebhookConfiguration){
		"they delete it": func(s *apitest.Server, c *admissionregistrationv1.ValidatingWebhookConfiguration) { s.Remove(c) },
		"they open it": func(s *apitest.Server, c *admissionregistrationv1.ValidatingWebhookConfiguration) {
			c.Webhooks[0].FailurePolicy = new(admissionregistrationv1.Ignore)
			s.Put(c)
		},
		"they add a condition": func(s *apitest.Server, c *admissionregistrationv1.ValidatingWebhookConfiguration) {
			c.Webhooks[0].MatchConditions = append(c.Webhooks[0].MatchConditions, admissionregistrationv1.MatchCondition{Name: "not-me", Expression: "request.userInfo.username != 'me'"})
			s.Put(c)
		},
		"they add a webhook": func(s *apitest.Server, c *admissionregistrationv1.ValidatingWebhookConfiguration) {
			w := *c.Webhooks[0].DeepCopy()
			w.Name = "theirs.example.com"
			c.Webhooks = append(c.Webhooks, w)
			s.Put(c)
		},
		"they take one out": func(s *apitest.Server, c *admissionregistrationv1.ValidatingWebhookConfiguration) {
			c.Webhooks = c.Webhooks[1:]
			s.Put(c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			apitest.Bubble(t, func(t *testing.T) {
				server := installed(t, latestTag())
				r := start(t, server)
				right := validating(t, server)
				require.Eventually(t, func() bool { return server.Watches() >= 4 }, patience, tick) // Guardrails, Exemptions and both
				change(server, right.DeepCopy())
				changed := time.Now()
				require.Eventually(t, func() bool {
					now := validatingConfiguration()
					return server.Load(now) && assert.ObjectsAreEqual(right.Webhooks, now.Webhooks) && assert.ObjectsAreEqual(right.OwnerReferences, now.OwnerReferences)
				}, patience, tick)
				assert.Less(t, time.Since(changed), resync, "a watch tells of it")
				assert.Empty(t, r.complaints())
			})
		})
	}
}

// Between what is read and what is written, somebody else may come.
func TestAConfigurationIsDeletedBetweenReadingAndWriting(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := installed(t, latestTag())
		r := start(t, server)
		right := validating(t, server)
		require.Eventually(t, func() bool { return server.Watches() >= 4 }, patience, tick)
		server.Answer(func(_ http.ResponseWriter, r *http.Request) bool {
			if request(http.MethodPut, "/validatingwebhookconfigurations/")(r) {
				server.Answer(nil)
				server.Remove(validatingConfiguration())
			}
			return false
		})
		theirs := right.DeepCopy()
		theirs.Webhooks[0].MatchConditions = append(theirs.Webhooks[0].MatchConditions, admissionregistrationv1.MatchCondition{Name: "theirs", Expression: "true"})
		server.Put(theirs)
		require.Eventually(t, func() bool {
			now := validatingConfiguration()
			return server.Load(now) && now.UID != right.UID && assert.ObjectsAreEqual(right.Webhooks, now.Webhooks)
		}, patience, tick)
		require.Len(t, r.complaints(), 1)
		assert.Contains(t, r.complaints()[0], "replacing it: ")
		assert.Contains(t, r.complaints()[0], "not found")
	})
}

// A conflict is no complaint: whoever has changed it wakes the leader, which reads it again.
func TestAConfigurationIsChangedBetweenReadingAndWriting(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := installed(t, latestTag())
		// With cert-manager, what is read of the caBundle is written again: never over a newer one.
		r := start(t, server, func(o *Options) { o.Webhooks.InjectCAFrom = "taffrail-system/taffrail-serving-cert" })
		right := validating(t, server)
		require.Eventually(t, func() bool { return server.Watches() >= 4 }, patience, tick)
		bundle := func(of string) {
			now := validatingConfiguration()
			require.True(t, server.Load(now))
			for i := range now.Webhooks {
				now.Webhooks[i].ClientConfig.CABundle = []byte(of)
			}
			server.Put(now)
		}
		var conflicts atomic.Int64
		server.Answer(func(_ http.ResponseWriter, r *http.Request) bool {
			if request(http.MethodPatch, "/validatingwebhookconfigurations/")(r) && conflicts.Add(1) == 1 {
				bundle("newer")
			}
			return false
		})
		bundle("theirs")
		require.Eventually(t, func() bool { return conflicts.Load() >= 2 }, patience, tick)
		now := validatingConfiguration()
		require.True(t, server.Load(now))
		require.Len(t, now.Webhooks, len(right.Webhooks))
		for _, w := range now.Webhooks {
			assert.Equal(t, "newer", string(w.ClientConfig.CABundle))
		}
		assert.Empty(t, r.complaints())
	})
}

// Whoever reads the log learns which right is missing, and once it is there, all is written.
func TestALeaderWithoutARight(t *testing.T) {
	for name, test := range map[string]struct {
		request func(*http.Request) bool
		answer  *apierrors.StatusError
		says    []string
	}{
		"to make a configuration": {
			request(http.MethodPatch, "/validatingwebhookconfigurations/"), forbidden("validatingwebhookconfigurations", "patch"),
			[]string{"keeping a webhook configuration", `cannot patch resource \"validatingwebhookconfigurations\"`},
		},
		"to read one": {
			request(http.MethodGet, "/mutatingwebhookconfigurations/"), forbidden("mutatingwebhookconfigurations", "get"),
			[]string{"keeping a webhook configuration", "reading it", `cannot get resource \"mutatingwebhookconfigurations\"`},
		},
		"to write a status": {
			request(http.MethodPatch, "/guardrails/baseline/status"), forbidden("guardrails/status", "patch"),
			[]string{"writing a status", `cannot patch resource \"guardrails/status\"`, `"name"="baseline"`},
		},
		"to see the Namespace": {
			request(http.MethodGet, "/api/v1/namespaces/"), forbidden("namespaces", "get"),
			[]string{"finding the Namespace that owns the webhook configurations", `cannot get resource \"namespaces\"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			apitest.Bubble(t, func(t *testing.T) {
				server := installed(t, latestTag())
				server.Answer(refuse(test.answer, test.request))
				r := start(t, server)
				require.Eventually(t, func() bool { return len(r.complaints()) > 0 }, patience, tick)
				for _, text := range test.says {
					assert.Contains(t, r.complaints()[0], text)
				}
				server.Answer(nil)
				fixed := time.Now()
				validating(t, server)
				ready(t, server)
				assert.LessOrEqual(t, time.Since(fixed), resync+tick)
			})
		})
	}
}

// Server-side apply would have two leaders write at the same time: one must have ended before the
// next begins.
func TestALeaderThatIsCutOffEndsBeforeTheNextBegins(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := installed(t, latestTag())
		var leading, most atomic.Int64
		duty := func(o *Options) {
			o.Duty = func(ctx context.Context, _ *Leader) {
				most.Store(max(most.Load(), leading.Add(1)))
				<-ctx.Done()
				leading.Add(-1)
			}
		}
		first := start(t, server, agent("first"), duty)
		require.Eventually(t, func() bool { return len(first.said("this replica leads")) == 1 }, patience, tick)
		second := start(t, server, agent("second"), duty)
		was := holder(server)

		cut := time.Now()
		server.Answer(refuse(apierrors.NewServiceUnavailable("cut off"), func(r *http.Request) bool { return r.UserAgent() == "first" }))
		require.Eventually(t, func() bool { return len(second.said("this replica leads")) == 1 }, patience, tick)
		assert.NotEmpty(t, first.said("no longer the leader"))
		assert.Less(t, time.Since(cut), election.LeaseDuration+2*election.RetryPeriod+time.Second)
		assert.NotEqual(t, was, holder(server))

		server.Answer(nil)
		require.Never(t, func() bool { return len(first.said("this replica leads")) > 1 }, time.Minute, time.Second)
		assert.EqualValues(t, 1, most.Load(), "never two at a time")
	})
}

// A write that is on its way when the Lease is lost is given up, and nothing is said of it.
func TestALeaseIsLostWhileWriting(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := installed(t, latestTag())
		begun := make(chan struct{}, 100)
		server.Answer(func(w http.ResponseWriter, r *http.Request) bool {
			switch {
			case request(http.MethodPatch, "/guardrails/baseline/status")(r):
				begun <- struct{}{}
				<-r.Context().Done()
				return true
			case request(http.MethodPut, "/leases/")(r):
				apitest.Refuse(w, apierrors.NewInternalError(errors.New("etcdserver: no leader")))
				return true
			}
			return false
		})
		r := start(t, server)
		<-begun
		require.Eventually(t, func() bool { return len(r.said("no longer the leader")) > 0 }, patience, tick)
		assert.Empty(t, r.said("writing a status"))

		server.Answer(nil)
		require.Eventually(t, func() bool { return len(r.said("this replica leads")) >= 2 }, patience, tick)
		assert.Equal(t, "in force", ready(t, server).Message)
	})
}

// A rollout replaces the leader: nobody waits for a Lease that is given back.
func TestALeaderThatEndsGivesTheLeaseBack(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := installed(t)
		first := start(t, server)
		require.Eventually(t, func() bool { return holder(server) != "" }, patience, tick)
		second := start(t, server)
		first.stop()
		stopped := time.Now()
		require.Eventually(t, func() bool { return len(second.said("this replica leads")) > 0 }, patience, tick)
		assert.Less(t, time.Since(stopped), 3*election.RetryPeriod, "sooner than the Lease would have expired")
	})
}

// With --guardrails and a kubeconfig the configurations are the user's own.
func TestConfigurationsThatAreNotOursToKeep(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := installed(t, latestTag())
		start(t, server, func(o *Options) { o.Webhooks.Managed = false })
		ready(t, server)
		assert.False(t, server.Load(validatingConfiguration()))
		for _, method := range []string{http.MethodGet, http.MethodPatch} {
			for _, r := range server.Requests(method) {
				assert.NotContains(t, r.Path, "webhookconfigurations")
			}
		}
	})
}

// A server outside of the cluster is reached at its URL.
func TestConfigurationsOfAServerOutside(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := installed(t, latestTag())
		start(t, server, func(o *Options) { o.Webhooks.URL = "https://taffrail.example.com:8443" })
		for _, w := range validating(t, server).Webhooks {
			assert.Nil(t, w.ClientConfig.Service, w.Name)
			require.NotNil(t, w.ClientConfig.URL, w.Name)
			assert.Equal(t, "https://taffrail.example.com:8443"+names.ValidatePath, *w.ClientConfig.URL)
		}
	})
}

func TestALeaderOfNoAddress(t *testing.T) {
	_, err := New(Options{Config: &rest.Config{Host: "http://a b"}})
	require.ErrorContains(t, err, "make a client for Guardrails")
}
