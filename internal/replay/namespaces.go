package replay

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/guardrail"
)

// namespaces are what is known of Namespaces: a review has no labels of its own.
type namespaces struct {
	labels map[string]string // nil where nothing is said

	mu    sync.Mutex
	asked map[string]*metav1.PartialObjectMetadata
}

func newNamespaces(labels map[string]string) *namespaces {
	return &namespaces{labels: labels, asked: map[string]*metav1.PartialObjectMetadata{}}
}

// get returns nil for a Namespace of which nothing is known but its name: what that does not decide
// is taken to match.
func (n *namespaces) get(_ context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	meta, asked := n.asked[name]
	if !asked {
		if n.labels != nil {
			labels := map[string]string{}
			maps.Copy(labels, n.labels)
			labels[corev1.LabelMetadataName] = name
			meta = &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
		}
		n.asked[name] = meta
	}
	return meta, nil
}

// maxNamed bounds the Namespaces that a line names.
const maxNamed = 3

// assumed says what had to be assumed of Namespaces, once a guardrail.
func (n *namespaces) assumed(set *guardrail.Set) (lines []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.labels != nil || len(n.asked) == 0 {
		return nil
	}
	by := map[guardrail.Assumption][]string{}
	for _, name := range slices.Sorted(maps.Keys(n.asked)) {
		for _, a := range set.Assumed(name) {
			by[a] = append(by[a], name)
		}
	}
	for a, names := range by {
		lines = append(lines, fmt.Sprintf("namespaces taken to match %s of Guardrail %s: %s; a review does not have their labels (--namespace-labels says them)",
			a.Selector, a.Guardrail, some(names)))
	}
	slices.Sort(lines)
	if len(lines) == 0 {
		lines = []string{fmt.Sprintf("namespaces of which nothing but the name is known: %s; a review does not have their labels (--namespace-labels says them)",
			some(slices.Sorted(maps.Keys(n.asked))))}
	}
	return lines
}

func some(names []string) string {
	if more := len(names) - maxNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), more)
	}
	return strings.Join(names, ", ")
}
