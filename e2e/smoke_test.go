//go:build e2e

package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPIServerAnswers(t *testing.T) {
	cluster.kubectl(t, "", "get", "namespaces").mustSucceed(t, "default", "kube-system")
	cluster.kubectl(t, "", "version").mustSucceed(t, "Server Version: "+cluster.version)
	cluster.kubectl(t, "", "get", "nothing").mustFail(t, `the server doesn't have a resource type "nothing"`)

	namespace := cluster.namespace(t, "team=e2e")
	labels := cluster.kubectl(t, "", "get", "namespace", namespace, "-o", "jsonpath={.metadata.labels.team}").mustSucceed(t)
	require.Equal(t, "e2e", labels.stdout)
}
