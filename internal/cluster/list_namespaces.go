package cluster

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// askTimeout is how long a person waits at the command line.
const askTimeout = 15 * time.Second

// ListNamespaces reads the metadata of all Namespaces once.
func (c Clients) ListNamespaces(ctx context.Context) ([]metav1.PartialObjectMetadata, error) {
	client, err := c.Metadata()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	list, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the Namespaces of %s: %w", c.config.Host, err)
	}
	for i := range list.Items {
		trim(&list.Items[i])
	}
	return list.Items, nil
}
