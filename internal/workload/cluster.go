package workload

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Cluster is what a review can ask of the cluster that its object is in.
type Cluster struct {
	// Namespace finds the metadata of a Namespace. It returns nil for a
	// Namespace that it knows nothing of, which selectors are then taken to
	// match. Left out, a Namespace has its name for a label and nothing else.
	Namespace func(ctx context.Context, name string) (*metav1.PartialObjectMetadata, error)
	// Pods lists the Pods of a Namespace, page by page, each of which says how
	// many remain. Left out, none can be listed.
	Pods func(ctx context.Context, namespace string) iter.Seq2[*corev1.PodList, error]
	// ServiceAccount finds what is known of a service account, or nil. Left out, of none is anything.
	ServiceAccount func(namespace, name string) *ServiceAccount
}

// namespace is the Namespace of a review. The review of the old object shares
// it: the labels that count for a Namespace are those that it asks for.
type namespace struct {
	ctx     context.Context
	cluster *Cluster
	review  *Review
	asked   bool
	meta    *metav1.PartialObjectMetadata
	err     error
}

// In says which cluster the object is in, and how long it may be asked. It is
// asked for what somebody wants to know, each thing once: most reviews need
// none of it.
func (r *Review) In(ctx context.Context, cluster *Cluster) {
	if r.Namespace != "" {
		r.namespace = &namespace{ctx: ctx, cluster: cluster, review: r}
	}
}

// NamespaceMeta is the metadata of the Namespace. It is nil for a Namespace that
// nothing is known of, and for objects that live in none.
func (r *Review) NamespaceMeta() *metav1.PartialObjectMetadata {
	n := r.namespace
	if n == nil {
		return nil
	}
	if !n.asked {
		n.asked = true
		n.meta, n.err = n.lookUp()
	}
	return n.meta
}

// NamespaceError tells that NamespaceMeta was asked and could not be found. What
// was decided without it must not stand.
func (r *Review) NamespaceError() error {
	if r.namespace == nil {
		return nil
	}
	return r.namespace.err
}

func (n *namespace) lookUp() (*metav1.PartialObjectMetadata, error) {
	// A Namespace is also evaluated before it exists.
	if m := n.review.Meta(); n.review.isNamespace() && m != nil {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
			Name: m.GetName(), Labels: withName(m), Annotations: m.GetAnnotations(),
		}}, nil
	}
	name := n.review.Namespace
	if n.cluster.Namespace == nil {
		// Without a cluster there is the label that the API server gives to each.
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{corev1.LabelMetadataName: name},
		}}, nil
	}
	meta, err := n.cluster.Namespace(n.ctx, name)
	if err != nil {
		return nil, fmt.Errorf("looking up namespace %q: %w", name, err)
	}
	return meta, nil
}

// withName are the labels of a Namespace with the one that the API server gives to each: a manifest
// need not have it.
func withName(m metav1.Object) map[string]string {
	labels := m.GetLabels()
	if labels[corev1.LabelMetadataName] != "" || m.GetName() == "" {
		return labels
	}
	labels = maps.Clone(labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[corev1.LabelMetadataName] = m.GetName()
	return labels
}

func (r *Review) isNamespace() bool { return r.Kind == namespaceKind }

var namespaceKind = corev1.SchemeGroupVersion.WithKind("Namespace")

// Pods are those in the Namespace that is reviewed, page by page, each of which
// says how many remain.
func (r *Review) Pods() iter.Seq2[*corev1.PodList, error] {
	if n := r.namespace; n != nil && n.cluster.Pods != nil && r.isNamespace() {
		return n.cluster.Pods(n.ctx, r.Namespace)
	}
	return func(yield func(*corev1.PodList, error) bool) { yield(nil, errors.New("no cluster to list Pods in")) }
}
