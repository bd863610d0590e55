package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// namespaces are what is known of Namespaces while a log is read: what a cluster or a flag says,
// and what the log itself tells of new ones.
type namespaces struct {
	known   map[string]*metav1.PartialObjectMetadata
	labels  map[string]string // of all others; nil where nothing is said
	missing map[string]bool
}

func newNamespaces(known []metav1.PartialObjectMetadata, labels map[string]string) *namespaces {
	n := &namespaces{known: map[string]*metav1.PartialObjectMetadata{}, labels: labels, missing: map[string]bool{}}
	for i := range known {
		n.known[known[i].Name] = &known[i]
	}
	return n
}

// get returns nil for a Namespace of which nothing is known but its name: what that does not decide
// is taken to match.
func (n *namespaces) get(_ context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	if meta := n.known[name]; meta != nil {
		return meta, nil
	}
	if n.labels == nil {
		if len(n.missing) < maxWorkloads {
			n.missing[name] = true
		}
		return nil, nil
	}
	return named(name, n.labels, nil), nil
}

func named(name string, labels, annotations map[string]string) *metav1.PartialObjectMetadata {
	all := map[string]string{}
	maps.Copy(all, labels)
	all[corev1.LabelMetadataName] = name
	return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: all, Annotations: annotations}}
}

// see takes a Namespace that the log tells of.
func (n *namespaces) see(name string, raw []byte) {
	var object metav1.PartialObjectMetadata
	if len(n.known) < maxWorkloads && json.Unmarshal(raw, &object) == nil {
		n.known[name] = named(name, object.Labels, object.Annotations)
	}
}

// maxNamed bounds the Namespaces that a line names.
const maxNamed = 3

// assumed says what had to be assumed of Namespaces, once a guardrail.
func (n *namespaces) assumed(both sets) (lines []string) {
	by := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(n.missing)) {
		for _, a := range append(both.from.Assumed(name), both.to.Assumed(name)...) {
			what := fmt.Sprintf("%s of Guardrail %s", a.Selector, a.Guardrail)
			if !slices.Contains(by[what], name) {
				by[what] = append(by[what], name)
			}
		}
	}
	for what, names := range by {
		lines = append(lines, fmt.Sprintf("namespaces taken to match %s: %s; a log does not have their labels (--namespace-labels says them, --kubeconfig reads them)",
			what, some(names)))
	}
	return lines
}

func some(names []string) string {
	if more := len(names) - maxNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), more)
	}
	return strings.Join(names, ", ")
}
