package cluster_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/apitest"
)

const (
	patience = 20 * time.Second
	tick     = 10 * time.Millisecond
)

func TestNamespacesFollowTheCluster(t *testing.T) {
	server := newAPIServer(t, namespace("shop", "blue"))
	namespaces := started(t, server)

	shop, err := namespaces.Get(t.Context(), "shop")
	require.NoError(t, err)
	assert.Equal(t, "blue", shop.Labels["team"])

	server.Put(namespace("shop", "green"))
	require.Eventually(t, func() bool {
		shop, err := namespaces.Get(t.Context(), "shop")
		return err == nil && shop.Labels["team"] == "green"
	}, patience, tick)
	assert.Empty(t, server.gets(), "what is cached costs no request")

	server.Remove(namespace("shop", ""))
	require.Eventually(t, func() bool {
		_, err := namespaces.Get(t.Context(), "shop")
		return apierrors.IsNotFound(err)
	}, patience, tick)
}

func TestWhenDeletedTellsOfOneNamespace(t *testing.T) {
	server := newAPIServer(t, namespace("shop", "blue"), namespace("bank", "blue"))
	namespaces := unstarted(t, server)
	told := make(chan *metav1.PartialObjectMetadata, 10)
	namespaces.WhenDeleted("shop", func() {
		shop, err := namespaces.Get(t.Context(), "shop")
		assert.NoError(t, err)
		told <- shop
	})
	start(t, namespaces)
	require.Eventually(t, namespaces.Synced, patience, tick)

	deleted := func(name string) *metav1.PartialObjectMetadata {
		n := namespace(name, "blue")
		n.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		return n
	}
	server.Put(namespace("shop", "green"))
	server.Put(deleted("bank"))
	server.Put(deleted("shop"))
	assert.NotNil(t, (<-told).DeletionTimestamp, "the cache knows by then")
	assert.Empty(t, told, "once, and of no other")
}

// Whoever starts while it is being deleted is told as well.
func TestWhenDeletedTellsOfWhatWasDeletedBefore(t *testing.T) {
	shop := namespace("shop", "blue")
	shop.DeletionTimestamp = &metav1.Time{Time: time.Now()}
	namespaces := unstarted(t, newAPIServer(t, shop))
	told := make(chan struct{}, 1)
	namespaces.WhenDeleted("shop", func() { told <- struct{}{} })
	start(t, namespaces)
	<-told
}

func TestNamespaceYoungerThanTheCache(t *testing.T) {
	server := newAPIServer(t, namespace("shop", "blue"))
	namespaces := started(t, server)
	server.putUnwatched(namespace("young", "green"))

	young, err := namespaces.Get(t.Context(), "young")
	require.NoError(t, err)
	assert.Equal(t, "green", young.Labels["team"])
	assert.Equal(t, []string{"/api/v1/namespaces/young"}, server.gets(), "one request")
}

// A selector and a rule must see the same, whether a Namespace came from the cache or from the API
// server.
func TestNamespaceCachedAndFetchedAreAlike(t *testing.T) {
	server := newAPIServer(t, namespace("shop", "blue"))
	cached, err := started(t, server).Get(t.Context(), "shop")
	require.NoError(t, err)
	require.Empty(t, server.gets())
	fetched, err := unstarted(t, server).Get(t.Context(), "shop")
	require.NoError(t, err)
	require.Len(t, server.gets(), 1)

	assert.Equal(t, cached, fetched)
	assert.Equal(t, metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, cached.TypeMeta)
	assert.Equal(t, map[string]string{"team": "blue"}, cached.Labels)
	assert.Equal(t, map[string]string{"owner": "team-shop"}, cached.Annotations)
	assert.Empty(t, cached.ManagedFields)
	assert.Empty(t, cached.OwnerReferences)
}

func TestNamespaceMissesAtOnceShareOneRequest(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := newAPIServer(t, namespace("shop", "blue"))
		release := server.hold()
		namespaces := unstarted(t, server)
		namespaces.SetTimeout(patience)

		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				shop, err := namespaces.Get(t.Context(), "shop")
				if assert.NoError(t, err) {
					assert.Equal(t, "blue", shop.Labels["team"])
				}
			})
		}
		require.Eventually(t, func() bool { return len(server.gets()) == 1 }, patience, tick)
		require.Never(t, func() bool { return len(server.gets()) > 1 }, 100*time.Millisecond, tick)
		release()
		callers.Wait()
		assert.Len(t, server.gets(), 1)
	})
}

func TestNamespaceCallerThatGivesUpFailsNoOther(t *testing.T) {
	server := newAPIServer(t, namespace("shop", "blue"))
	release := server.hold()
	namespaces := unstarted(t, server)
	namespaces.SetTimeout(patience)
	get := func(ctx context.Context) <-chan error {
		result := make(chan error, 1)
		go func() {
			_, err := namespaces.Get(ctx, "shop")
			result <- err
		}()
		return result
	}

	impatient, giveUp := context.WithCancel(t.Context())
	first := get(impatient)
	require.Eventually(t, func() bool { return len(server.gets()) == 1 }, patience, tick)
	second := get(t.Context())
	giveUp()
	require.ErrorIs(t, <-first, context.Canceled)
	release()
	require.NoError(t, <-second)
}

func TestNamespaceThatCannotBeFetched(t *testing.T) {
	for name, test := range map[string]struct {
		answer   func(*apiServer)
		is       func(error) bool
		says     string
		requests int
	}{
		"not there": {
			answer: func(*apiServer) {}, is: apierrors.IsNotFound, requests: 1,
			says: `get Namespace "shop" from the API server within 500ms: namespaces "shop" not found`,
		},
		"not allowed": {
			answer: func(s *apiServer) { s.answer(apierrors.NewForbidden(resource, "shop", nil)) }, is: apierrors.IsForbidden, requests: 1,
			says: `namespaces "shop" is forbidden`,
		},
		"an API server in trouble": {
			answer: func(s *apiServer) { s.answer(apierrors.NewInternalError(http.ErrAbortHandler)) }, is: apierrors.IsInternalError, requests: 1,
			says: "Internal error occurred",
		},
		"an overloaded API server, that says to come back later": {
			answer: func(s *apiServer) { s.answer(apierrors.NewTooManyRequests("come back later", 30)) }, requests: 1,
			says: `get Namespace "shop" from the API server within 500ms`,
		},
		"an API server that does not answer": {
			answer: func(s *apiServer) { s.hold() }, requests: 1,
			says: "context deadline exceeded",
		},
		"no API server": {
			answer: func(s *apiServer) { s.Close() },
			says:   "connection refused",
		},
	} {
		t.Run(name, func(t *testing.T) {
			apitest.Bubble(t, func(t *testing.T) {
				server := newAPIServer(t)
				test.answer(server)
				began := time.Now()
				_, err := unstarted(t, server).Get(t.Context(), "shop")
				require.ErrorContains(t, err, test.says)
				if test.is != nil {
					assert.True(t, test.is(err), "%#v", err)
				}
				assert.Len(t, server.gets(), test.requests)
				assert.LessOrEqual(t, time.Since(began), 500*time.Millisecond, "however long the API server would have it wait")
			})
		})
	}
}

func TestNamespaceNameIsNoPath(t *testing.T) {
	server := newAPIServer(t)
	namespaces := unstarted(t, server)
	for _, name := range []string{"", "kube-system/secrets/token", "..", "../nodes/n1", "shop?watch=true", "Shop", "shop\n"} {
		t.Run(name, func(t *testing.T) {
			_, err := namespaces.Get(t.Context(), name)
			require.ErrorContains(t, err, "not a name")
			assert.Empty(t, server.gets())
		})
	}
}

func TestNamespacesUnsyncedWithoutAnAPIServer(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := newAPIServer(t)
		server.Close()
		namespaces := unstarted(t, server)
		start(t, namespaces)
		require.Never(t, namespaces.Synced, time.Hour, time.Minute)
	})
}

// The end of a Pod does not wait for an API server: the kubelet would kill it first.
func TestNamespacesEndAtOnceInAnOutage(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := newAPIServer(t)
		namespaces := unstarted(t, server)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- namespaces.Start(ctx) }()
		require.Eventually(t, namespaces.Synced, patience, tick)
		server.Close()
		require.Never(t, func() bool { return len(ended) > 0 }, time.Hour, time.Minute, "an outage is waited out")

		stopped := time.Now()
		stop()
		require.NoError(t, <-ended)
		assert.Zero(t, time.Since(stopped))
	})
}

// unstarted is a cache that holds nothing.
func unstarted(t *testing.T, server *apiServer) *cluster.Namespaces {
	t.Helper()
	namespaces, err := cluster.NewNamespaces(server.Config())
	require.NoError(t, err)
	return namespaces
}

func started(t *testing.T, server *apiServer) *cluster.Namespaces {
	t.Helper()
	namespaces := unstarted(t, server)
	require.False(t, namespaces.Synced())
	start(t, namespaces)
	require.Eventually(t, namespaces.Synced, patience, tick)
	return namespaces
}

// start runs until the test ends, and asserts that it ends with it.
func start(t *testing.T, namespaces *cluster.Namespaces) {
	t.Helper()
	ended := make(chan error)
	go func() { ended <- namespaces.Start(t.Context()) }() // the context ends just before the cleanup
	t.Cleanup(func() {
		select {
		case err := <-ended:
			assert.NoError(t, err)
		case <-time.After(patience):
			assert.Fail(t, "Start outlives its context")
		}
	})
}
