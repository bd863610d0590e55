package audit

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"unique"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// ofNamespaces are the Namespaces of a cluster, which decide what holds for all that is in them.
var ofNamespaces = listed{resource: corev1.SchemeGroupVersion.WithResource("namespaces"), kind: corev1.SchemeGroupVersion.WithKind("Namespace")}

// namespaces are the metadata of all Namespaces.
type namespaces struct {
	mu     sync.Mutex
	byName map[string]*metav1.PartialObjectMetadata
	round  map[string]uint32 // of the list that each was last in
	// missed are those that somebody has asked for before they were known.
	missed map[string]bool
}

func newNamespaces() *namespaces {
	return &namespaces{byName: map[string]*metav1.PartialObjectMetadata{}, round: map[string]uint32{}, missed: map[string]bool{}}
}

// find is what selectors are evaluated by.
func (n *namespaces) find(_ context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	known := n.byName[name]
	if known == nil {
		n.missed[name] = true
	}
	return known, nil
}

func (n *namespaces) list(ctx context.Context, client rest.Interface) error {
	for p, err := range pages(ctx, client, path(ofNamespaces.resource), whole) {
		if err != nil {
			return err
		}
		for _, item := range p.Items {
			if _, _, err := n.put(item, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// put takes note of a Namespace. It tells whether anything in it may be evaluated otherwise now.
func (n *namespaces) put(item json.RawMessage, round uint32) (name string, decides bool, err error) {
	var read metav1.PartialObjectMetadata
	if err := json.Unmarshal(item, &read); err != nil {
		return "", false, err
	}
	labels := maps.Clone(read.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[corev1.LabelMetadataName] = read.Name
	now := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: read.Name, Labels: labels, Annotations: read.Annotations}}
	n.mu.Lock()
	defer n.mu.Unlock()
	before := n.byName[read.Name]
	n.byName[read.Name], n.round[read.Name] = now, round
	decides = n.missed[read.Name] ||
		before != nil && (!maps.Equal(before.Labels, now.Labels) || !maps.Equal(before.Annotations, now.Annotations))
	delete(n.missed, read.Name)
	return read.Name, decides, nil
}

func (n *namespaces) remove(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.byName, name)
	delete(n.round, name)
}

func (n *namespaces) sweep(round uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for name, last := range n.round {
		if last != round {
			delete(n.byName, name)
			delete(n.round, name)
		}
	}
}

// shared is a name that many objects have.
func shared(name string) string { return unique.Make(name).Value() }
