package migrate

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/apitest"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// What a cluster has is read, and nothing is written there.
func TestTheClusterIsRead(t *testing.T) {
	server := apitest.New(t,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "strict", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}}},
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "plain"}},
	)
	clients := cluster.NewClients(server.Config())
	known, err := clients.Discovery()
	require.NoError(t, err)
	objects, err := clients.Unversioned()
	require.NoError(t, err)
	in := &policy.Inputs{}
	require.NoError(t, Cluster(t.Context(), known, objects, in))
	result := Run(in)
	require.Len(t, result.Rows, 1, "of Namespaces without labels there is nothing to say")
	assert.Equal(t, "cluster", result.Rows[0].File)
	assert.Equal(t, []string{"pod-security/pod-security"}, result.Rows[0].Became)
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		assert.Empty(t, server.Requests(method))
	}
}
