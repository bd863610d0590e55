package cluster_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"

	"taffrail.dev/taffrail/internal/cluster"
)

// A right to one object by its name allows a watch of that one alone.
func TestANamedSourceIsOfOneObject(t *testing.T) {
	server := newAPIServer(t, namespace("shop", "blue"), namespace("bank", "blue"))
	client, err := cluster.NewClients(server.Config()).Metadata()
	require.NoError(t, err)
	changed := make(chan string, 10)
	store, informer := cluster.MetadataSource(client, corev1.SchemeGroupVersion.WithResource("namespaces")).Named("shop").Informer(
		cache.ResourceEventHandlerFuncs{UpdateFunc: func(_, now any) {
			name, err := cache.MetaNamespaceKeyFunc(now)
			assert.NoError(t, err)
			changed <- name
		}}, nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		informer.RunWithContext(t.Context())
	}()
	t.Cleanup(func() { <-ended })
	require.Eventually(t, informer.HasSynced, patience, tick)
	assert.Equal(t, []string{"shop"}, store.ListKeys())

	server.Put(namespace("bank", "green"))
	server.Put(namespace("shop", "green"))
	assert.Equal(t, "shop", <-changed)
	assert.Equal(t, []string{"shop"}, store.ListKeys())
}
