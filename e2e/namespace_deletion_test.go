//go:build e2e && !kind

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Between the end of the last Pod and the garbage collector's turn, the API
// server would refuse everything. Nothing here collects garbage, or ends Pods.
func TestTheConfigurationsGoWithTheNamespace(t *testing.T) {
	installed := func(t *testing.T) string {
		t.Helper()
		return cluster(t).kubectl(t, "", "get", "--ignore-not-found", "-o", "name",
			"mutatingwebhookconfiguration/taffrail", "validatingwebhookconfiguration/taffrail").stdout
	}
	start := func(t *testing.T, replicas int) []*taffrail {
		t.Helper()
		parallel(t)
		cluster(t).kubectl(t, "", "apply", "--server-side", "-k", "../deploy/base").mustSucceed(t)
		definitionsServed(t)
		apply(t, noLatest)
		var servers []*taffrail
		for range replicas {
			servers = append(servers, startTaffrail(t, options{managesWebhooks: true}))
		}
		t.Cleanup(func() {
			for _, server := range servers {
				server.kill(t)
			}
		})
		require.Eventually(t, func() bool { return strings.Count(installed(t), "\n") == 2 }, soon, interval)
		return servers
	}

	t.Run("at once, for good", func(t *testing.T) {
		start(t, 2)
		deleteNamespace(t)
		require.Eventually(t, func() bool { return installed(t) == "" }, soon, interval)
		apply(t, strings.Replace(noLatest, "no-latest", "another", 1)) // which the leader would write them for
		require.Never(t, func() bool { return installed(t) != "" }, soon/5, interval)
		takenSoon(t, "default")
	})
	t.Run("by a replica that is told to end", func(t *testing.T) {
		server := start(t, 1)[0]
		server.terminate()
		require.Eventually(t, func() bool { return strings.Contains(server.log(), `"draining`) }, soon, interval)
		deleteNamespace(t)
		require.Eventually(t, func() bool { return installed(t) == "" }, soon, interval)
	})
	t.Run("by a replica that does not lead", func(t *testing.T) {
		leads := start(t, 1)[0]
		other := startTaffrail(t, options{managesWebhooks: true})
		t.Cleanup(func() { other.kill(t) })
		leads.kill(t) // its Lease holds for some seconds
		deleteNamespace(t)
		require.Eventually(t, func() bool { return installed(t) == "" }, soon, interval)
		assert.NotContains(t, other.log(), "this replica leads")
	})
	t.Run("but for one that is somebody else's", func(t *testing.T) {
		start(t, 1)
		cluster(t).kubectl(t, "", "annotate", "validatingwebhookconfiguration", "taffrail", "taffrail.dev/unmanaged=platform-team").mustSucceed(t)
		deleteNamespace(t)
		const theirs = "validatingwebhookconfiguration.admissionregistration.k8s.io/taffrail\n"
		require.Eventually(t, func() bool { return installed(t) == theirs }, soon, interval)
		require.Never(t, func() bool { return installed(t) != theirs }, soon/5, interval)
	})
}
