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
	"taffrail.dev/taffrail/internal/manifest"
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

// get returns nil for a Namespace that is not among the inputs; the set takes it to match.
func (n *inputNamespaces) get(_ context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	meta := n.known[name]
	if meta == nil {
		n.missing[name] = true
	}
	return meta, nil
}

// unknown tells which Namespaces were asked for in vain, and what follows, or nothing.
func (n *inputNamespaces) unknown(so string) string {
	names := slices.Sorted(maps.Keys(n.missing))
	switch len(names) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("namespace %q is not among the inputs: %s it", names[0], so)
	default:
		return fmt.Sprintf("namespaces %s are not among the inputs: %s them", strings.Join(names, ", "), so)
	}
}

// selectsNamespaces tells whether any guardrail depends on the labels of Namespaces.
func selectsNamespaces(objects guardrail.Objects) bool {
	return slices.ContainsFunc(objects.Guardrails, func(g v1alpha1.Guardrail) bool {
		return g.Spec.Match != nil && g.Spec.Match.NamespaceSelector != nil
	})
}

// overridesNamespaces tells whether the label of a Namespace softens any guardrail.
func overridesNamespaces(objects guardrail.Objects) bool {
	return slices.ContainsFunc(objects.Guardrails, func(g v1alpha1.Guardrail) bool {
		return g.Spec.NamespaceOverrides == v1alpha1.OverridesAllowed
	})
}

// readsNamespaces tells whether a rule looks at the Namespace.
func readsNamespaces(objects guardrail.Objects) bool {
	for _, g := range objects.Guardrails {
		for _, rule := range g.Spec.Rules {
			expressions := []string{rule.Expression, rule.MessageExpression}
			for _, v := range rule.Variables {
				expressions = append(expressions, v.Expression)
			}
			if strings.Contains(strings.Join(expressions, " "), "namespaceObject") {
				return true
			}
		}
	}
	return false
}
