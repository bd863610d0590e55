package check

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

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
	mu      sync.Mutex
	known   map[string]*metav1.PartialObjectMetadata
	missing map[string]bool
	// labels are those of every Namespace that neither the inputs nor the cluster have; nil where nothing
	// is said.
	labels map[string]string
}

func namespacesIn(objects []*manifest.Object, o Options) *inputNamespaces {
	n := &inputNamespaces{known: map[string]*metav1.PartialObjectMetadata{}, missing: map[string]bool{}, labels: o.NamespaceLabels}
	for i := range o.Namespaces {
		n.known[o.Namespaces[i].Name] = &o.Namespaces[i]
	}
	for _, object := range objects {
		if object.GroupVersionKind() != corev1.SchemeGroupVersion.WithKind("Namespace") {
			continue
		}
		var meta metav1.PartialObjectMetadata
		// A Namespace that cannot be read is told when its turn comes.
		if kjson.UnmarshalCaseSensitivePreserveInts(object.Raw, &meta) != nil {
			continue
		}
		meta.Labels = withName(meta.Labels, meta.Name)
		n.known[meta.Name] = &meta
	}
	return n
}

// withName adds the label that the API server gives to each Namespace.
func withName(labels map[string]string, name string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, labels)
	all[corev1.LabelMetadataName] = name
	return all
}

// get returns nil for a Namespace of which nothing is known but its name: what that does not decide
// is taken to match.
func (n *inputNamespaces) get(_ context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	meta := n.known[name]
	if meta == nil && n.labels != nil {
		meta = &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: withName(n.labels, name)}}
		n.known[name] = meta
	}
	if meta == nil {
		n.missing[name] = true
	}
	return meta, nil
}

// assumed says what had to be assumed, a line a Namespace.
func (n *inputNamespaces) assumed(set *guardrail.Set, objects guardrail.Objects) (lines []string) {
	rules, overrides := readsNamespaces(objects), overridesNamespaces(objects)
	for _, name := range slices.Sorted(maps.Keys(n.missing)) {
		var so []string
		for _, a := range set.Assumed(name) {
			so = append(so, fmt.Sprintf("taken to match %s of Guardrail %s", a.Selector, a.Guardrail))
		}
		if rules {
			so = append(so, "rules see nothing but its name")
		}
		if overrides {
			so = append(so, "no label taffrail.dev/action softens anything in it")
		}
		if len(so) > 0 {
			lines = append(lines, fmt.Sprintf("namespace %q is not among the inputs: %s (--namespace-labels says what it has)",
				name, strings.Join(so, "; ")))
		}
	}
	return lines
}

// overridesNamespaces tells whether the label of a Namespace softens any guardrail.
func overridesNamespaces(objects guardrail.Objects) bool {
	return slices.ContainsFunc(objects.Guardrails, func(g v1alpha1.Guardrail) bool {
		return g.Spec.NamespaceOverrides == v1alpha1.OverridesAllowed
	})
}

// readsNamespaces tells whether a rule or a mutation looks at the Namespace.
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
		for i := range g.Spec.Mutations {
			if slices.ContainsFunc(guardrail.ExpressionsOf(&g.Spec.Mutations[i]), func(e string) bool { return strings.Contains(e, "namespaceObject") }) {
				return true
			}
		}
	}
	return false
}
