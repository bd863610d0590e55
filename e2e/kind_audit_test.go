//go:build e2e && kind

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// In a cluster with nodes: the Pod is let in by our own rules for it, reaches the API server behind its
// NetworkPolicy, becomes ready with the rights that it has, and leads. The webhooks do not notice.
func TestTheAuditBesideTheWebhooksInACluster(t *testing.T) {
	installed(t, "--audit")
	cluster(t).kubectl(t, "", "rollout", "status", "-n", "taffrail-system", "deployment/taffrail-audit", "--timeout=2m").mustSucceed(t)
	var log string
	require.Eventually(t, func() bool {
		log = cluster(t).kubectl(t, "", "logs", "-n", "taffrail-system", "deployment/taffrail-audit").mustSucceed(t).stdout
		return strings.Contains(log, "this replica writes the reports")
	}, patience, time.Second)
	assert.NotContains(t, log, "forbidden", "no right is missed")

	endpoints := cluster(t).kubectl(t, "", "get", "endpointslices", "-n", "taffrail-system", "-l", "kubernetes.io/service-name=taffrail",
		"-o", "jsonpath={.items[*].endpoints[*].targetRef.name}").mustSucceed(t).stdout
	assert.NotContains(t, endpoints, "taffrail-audit", "no review is sent to it")
	doctor(t)
	showsTheDashboard(t)

	uninstall(t)
	assert.Empty(t, remains(t))
}
