package cluster

import (
	"context"
	"fmt"
	"iter"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// listTimeout bounds all pages together, as Kubernetes does in the same place. The API server waits
// two seconds for the whole answer.
const listTimeout = time.Second

// podsPage is how many Pods are in memory at a time.
const podsPage = 250

// Pods lists the Pods of a Namespace when what it enforces changes. Nothing is kept.
type Pods struct{ client rest.Interface }

// NewPods asks nothing of the API server before List.
func NewPods(config *rest.Config) (*Pods, error) {
	client, err := NewClients(config).Core()
	if err != nil {
		return nil, err
	}
	return &Pods{client}, nil
}

// List lists the Pods of a Namespace page by page. An error, such as one of time, is the last that
// comes.
func (p *Pods) List(ctx context.Context, namespace string) iter.Seq2[*corev1.PodList, error] {
	return func(yield func(*corev1.PodList, error) bool) {
		ctx, cancel := context.WithTimeout(ctx, listTimeout)
		defer cancel()
		for next := ""; ; {
			page := &corev1.PodList{}
			err := p.client.Get().Namespace(namespace).Resource("pods").
				VersionedParams(&metav1.ListOptions{Limit: podsPage, Continue: next}, metav1.ParameterCodec).
				Do(ctx).Into(page)
			if err != nil {
				yield(nil, fmt.Errorf("list the Pods of Namespace %q within %s: %w", namespace, listTimeout, err))
				return
			}
			next = page.Continue
			if !yield(page, nil) || next == "" {
				return
			}
		}
	}
}
