package cluster_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/apitest"
)

func guardrailOf(name string) *v1alpha1.Guardrail {
	return &v1alpha1.Guardrail{ObjectMeta: metav1.ObjectMeta{Name: name, ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}}}
}

func exemptionOf(namespace, name string) *v1alpha1.Exemption {
	return &v1alpha1.Exemption{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

// watching starts a watch, and answers what it brings, until the test ends.
func watching(t *testing.T, server *apitest.Server) (*cluster.Guardrails, <-chan guardrail.Objects) {
	t.Helper()
	g, err := cluster.NewGuardrails(server.Config())
	require.NoError(t, err)
	taken, ended := make(chan guardrail.Objects, 100), make(chan error)
	go func() { ended <- g.Start(t.Context(), func(objects guardrail.Objects) { taken <- objects }) }()
	t.Cleanup(func() {
		select {
		case err := <-ended:
			assert.NoError(t, err)
		case <-time.After(patience):
			assert.Fail(t, "Start outlives its context")
		}
	})
	return g, taken
}

// named are the names of what a watch has brought, in order.
func named(objects guardrail.Objects) (all []string) {
	for _, g := range objects.Guardrails {
		all = append(all, g.Name)
	}
	for _, e := range objects.Exemptions {
		all = append(all, e.Namespace+"/"+e.Name)
	}
	slices.Sort(all)
	return all
}

func next(t *testing.T, taken <-chan guardrail.Objects) guardrail.Objects {
	t.Helper()
	select {
	case objects := <-taken:
		return objects
	case <-time.After(patience):
		require.Fail(t, "nothing is taken")
		return guardrail.Objects{}
	}
}

func TestGuardrailsFollowTheCluster(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := apitest.New(t, guardrailOf("a"), exemptionOf("shop", "e"))
		g, taken := watching(t, server)
		first := next(t, taken)
		assert.Equal(t, []string{"a", "shop/e"}, named(first), "all of both at once")
		assert.Empty(t, first.Guardrails[0].ManagedFields, "most of an object's weight, and nobody asks for it")

		server.Put(guardrailOf("b"))
		assert.Equal(t, []string{"a", "b", "shop/e"}, named(next(t, taken)))
		server.Remove(exemptionOf("shop", "e"))
		assert.Equal(t, []string{"a", "b"}, named(next(t, taken)))
		assert.Equal(t, []string{"a", "b"}, named(g.Objects()))
	})
}

// The first set is that of the cluster: one without its Exemptions would refuse what is exempt.
func TestNothingIsTakenBeforeBothAreThere(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := apitest.New(t, guardrailOf("a"), exemptionOf("shop", "e"))
		release := make(chan struct{})
		var held atomic.Bool
		server.Answer(func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/exemptions") {
				held.Store(true)
				<-release
			}
			return false
		})
		g, taken := watching(t, server)
		require.Eventually(t, func() bool { return held.Load() && len(g.Objects().Guardrails) == 1 }, patience, tick)
		require.Never(t, func() bool { return len(taken) > 0 }, time.Minute, time.Second)
		close(release)
		assert.Equal(t, []string{"a", "shop/e"}, named(next(t, taken)))
	})
}

// Each is a compilation, and what we write ourselves must not bring about the next.
func TestManyChangesAreOneAndANewStatusIsNone(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := apitest.New(t, guardrailOf("a"))
		_, taken := watching(t, server)
		next(t, taken)
		told := guardrailOf("a")
		told.Generation = 1
		told.Status.ObservedGeneration = 1
		server.Put(told)
		require.Never(t, func() bool { return len(taken) > 0 }, time.Minute, time.Second)

		for i := range 50 {
			server.Put(guardrailOf(fmt.Sprint("g", i)))
		}
		assert.Len(t, next(t, taken).Guardrails, 51)
		require.Never(t, func() bool { return len(taken) > 0 }, time.Minute, time.Second)
	})
}

// What an API server answers whose etcd has been compacted meanwhile.
func TestAWatchThatIsTooOldListsAgain(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := apitest.New(t, guardrailOf("a"), guardrailOf("b"))
		_, taken := watching(t, server)
		next(t, taken)
		require.Eventually(t, func() bool { return server.Watches() == 2 }, patience, tick)

		server.Expire()
		server.Remove(guardrailOf("a"))
		server.Put(guardrailOf("c"))
		assert.Eventually(t, func() bool {
			return assert.ObjectsAreEqual([]string{"b", "c"}, named(next(t, taken)))
		}, patience, tick)
	})
}

// An outage enforces what was in force before it.
func TestWithoutAnAPIServerNothingChanges(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := apitest.New(t, guardrailOf("a"))
		g, taken := watching(t, server)
		next(t, taken)
		server.Close()
		require.Never(t, func() bool { return len(taken) > 0 }, time.Minute, time.Second)
		assert.Equal(t, []string{"a"}, named(g.Objects()))
	})
}

func TestGuardrailsAreWaitedFor(t *testing.T) {
	guardrails := schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "guardrails"}
	for name, failure := range map[string]*apierrors.StatusError{
		"before their definition is there": apierrors.NewNotFound(guardrails, ""),
		"before the right to them":         apierrors.NewForbidden(guardrails, "", errors.New("no role")),
		"while the API server is starting": apierrors.NewServiceUnavailable("starting"),
		"while the API server is busy":     apierrors.NewTooManyRequests("later", 1),
	} {
		t.Run(name, func(t *testing.T) {
			apitest.Bubble(t, func(t *testing.T) {
				server := apitest.New(t, guardrailOf("a"))
				var refused atomic.Int64
				server.Answer(func(w http.ResponseWriter, r *http.Request) bool {
					if !strings.HasSuffix(r.URL.Path, "/guardrails") || refused.Add(1) > 1 {
						return false
					}
					apitest.Refuse(w, failure)
					return true
				})
				_, taken := watching(t, server)
				assert.Equal(t, []string{"a"}, named(next(t, taken)), "and nothing before: no Guardrail would mean that nothing is enforced")
				assert.Greater(t, refused.Load(), int64(1))
			})
		})
	}
}
