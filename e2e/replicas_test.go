//go:build e2e && !kind

package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// evaluates asks a replica itself what it thinks of a Pod without a tag.
func (s *taffrail) refuses(t *testing.T, client *http.Client) bool {
	t.Helper()
	answer, err := s.review(client, "/validate", strings.NewReader(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u",
		"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"namespace":"default","operation":"CREATE",
		"object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"nginx"}]}}}}`))
	require.NoError(t, err)
	return !answer.Allowed
}

func leaderOf(servers []*taffrail) (leader, other *taffrail) {
	for i, server := range servers {
		if strings.Contains(server.log(), "this replica leads") {
			return server, servers[1-i]
		}
	}
	return nil, nil
}

// refusedByAll waits until every replica refuses, or none does, and tells how long that took.
func refusedByAll(t *testing.T, servers []*taffrail, want bool) time.Duration {
	t.Helper()
	start := time.Now()
	client := servers[0].client()
	for _, server := range servers {
		own := client
		if server != servers[0] {
			own = server.client()
		}
		require.Eventually(t, func() bool { return server.refuses(t, own) == want }, soon, 5*time.Millisecond)
	}
	return time.Since(start)
}

func TestAGuardrailTakesEffectInEveryReplica(t *testing.T) {
	parallel(t)
	servers := serveCluster(t, 2)
	refusedByAll(t, servers, false)
	apply(t, noLatest)
	t.Logf("in force in both replicas %s after kubectl had returned", refusedByAll(t, servers, true))
	cluster(t).kubectl(t, "", "delete", "guardrail", "no-latest").mustSucceed(t)
	t.Logf("gone from both replicas %s after kubectl had returned", refusedByAll(t, servers, false))
}

func TestALeaderThatIsKilled(t *testing.T) {
	parallel(t)
	servers := serveCluster(t, 2)
	var leader, other *taffrail
	require.Eventually(t, func() bool { leader, other = leaderOf(servers); return leader != nil }, 3*soon, interval)
	leader.kill(t)

	// The other answers all the while, takes what is new, and leads some seconds later.
	apply(t, noLatest)
	refusedByAll(t, []*taffrail{other}, true)
	require.Eventually(t, func() bool { return strings.Contains(other.log(), "this replica leads") }, 3*soon, interval)
	refusedSoon(t, cluster(t).namespace(t), "of no-latest")
	require.Eventually(t, func() bool {
		return cluster(t).kubectl(t, "", "get", "guardrail", "no-latest", "-o", "jsonpath={.status.conditions[0].status}").stdout == "True"
	}, soon, interval)
}

// A Guardrail that goes while requests flow: each is evaluated with it or without
// it, and none fails.
func TestAGuardrailIsDeletedUnderLoad(t *testing.T) {
	parallel(t)
	servers := serveCluster(t, 1)
	apply(t, noLatest)
	refusedByAll(t, servers, true)

	var began, wg sync.WaitGroup
	answers := make([][]bool, 4)
	began.Add(len(answers))
	stop := make(chan struct{})
	for worker := range answers {
		client := servers[0].client()
		wg.Go(func() {
			ask := func() { answers[worker] = append(answers[worker], servers[0].refuses(t, client)) }
			ask()
			began.Done()
			for {
				select {
				case <-stop:
					ask() // and this one begins after the end
					return
				default:
					ask()
				}
			}
		})
	}
	began.Wait()
	cluster(t).kubectl(t, "", "delete", "guardrail", "no-latest").mustSucceed(t)
	refusedByAll(t, servers, false)
	close(stop)
	wg.Wait()
	for _, worker := range answers {
		require.NotEmpty(t, worker)
		assert.True(t, worker[0])
		assert.False(t, worker[len(worker)-1])
	}
}
