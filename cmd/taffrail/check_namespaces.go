package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/manifest"
)

// inputNamespaces are the Namespaces among the inputs. They hold for objects
// before them too: `kubectl apply` creates Namespaces first.
type inputNamespaces struct {
	known   map[string]*metav1.PartialObjectMetadata
	missing map[string]bool
}

func namespacesIn(input *manifest.Input) *inputNamespaces {
	n := &inputNamespaces{known: map[string]*metav1.PartialObjectMetadata{}, missing: map[string]bool{}}
	for _, object := range input.Objects {
		if object.GroupVersionKind() != corev1.SchemeGroupVersion.WithKind("Namespace") {
			continue
		}
		var meta metav1.PartialObjectMetadata
		// A Namespace that cannot be read is told when its turn comes.
		if kjson.UnmarshalCaseSensitivePreserveInts(object.Raw, &meta) != nil {
			continue
		}
		if meta.Labels == nil {
			meta.Labels = map[string]string{}
		}
		meta.Labels[corev1.LabelMetadataName] = meta.Name // as the API server does
		n.known[meta.Name] = &meta
	}
	return n
}

// get returns nil for a Namespace that is not among the inputs; the set takes
// it to match.
func (n *inputNamespaces) get(_ context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	meta := n.known[name]
	if meta == nil {
		n.missing[name] = true
	}
	return meta, nil
}

// unknown tells which Namespaces were asked for in vain, or nothing.
func (n *inputNamespaces) unknown() string {
	names := slices.Sorted(maps.Keys(n.missing))
	switch len(names) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("namespace %q is not among the inputs: every namespaceSelector is taken to match it", names[0])
	default:
		return fmt.Sprintf("namespaces %s are not among the inputs: every namespaceSelector is taken to match them", strings.Join(names, ", "))
	}
}

// selectsNamespaces tells whether any guardrail depends on the labels of
// Namespaces.
func selectsNamespaces(objects guardrail.Objects) bool {
	return slices.ContainsFunc(objects.Guardrails, func(g v1alpha1.Guardrail) bool {
		return g.Spec.Match != nil && g.Spec.Match.NamespaceSelector != nil
	})
}
