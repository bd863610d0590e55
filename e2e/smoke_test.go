//go:build e2e

package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPIServerAnswers(t *testing.T) {
	parallel(t)
	cluster(t).kubectl(t, "", "get", "namespaces").mustSucceed(t, "default", "kube-system")
	cluster(t).kubectl(t, "", "version").mustSucceed(t, "Server Version: "+cluster(t).version)
	cluster(t).kubectl(t, "", "get", "nothing").mustFail(t, `the server doesn't have a resource type "nothing"`)

	namespace := cluster(t).namespace(t, "team=e2e")
	labels := cluster(t).kubectl(t, "", "get", "namespace", namespace, "-o", "jsonpath={.metadata.labels.team}").mustSucceed(t)
	require.Equal(t, "e2e", labels.stdout)
}
