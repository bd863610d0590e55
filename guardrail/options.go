package guardrail

import (
	"context"
	"iter"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/names"
)

// DefaultExcludedNamespaces are never matched: what keeps the cluster and
// Taffrail itself alive must come up while Taffrail is down.
var DefaultExcludedNamespaces = []string{"kube-system", "kube-public", "kube-node-lease", names.Namespace}

// ExcludedNamespaces are those that are never matched, and more. There is no way to have fewer:
// without its own namespace Taffrail could not start while it is down.
func ExcludedNamespaces(more ...string) []string {
	all := slices.Clone(DefaultExcludedNamespaces)
	for _, name := range more {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// Options are what a Set needs beside Guardrails and Exemptions.
type Options struct {
	// ExcludedNamespaces are never matched; nil means DefaultExcludedNamespaces.
	ExcludedNamespaces []string
	// Namespace finds the metadata of a Namespace. It returns nil for a
	// Namespace that it knows nothing of, which selectors are then taken to
	// match. Left out, a Namespace has its name for a label and nothing else.
	Namespace func(ctx context.Context, name string) (*metav1.PartialObjectMetadata, error)
	// Pods lists the Pods of a Namespace, page by page. Left out, none can be listed.
	Pods func(ctx context.Context, namespace string) iter.Seq2[*corev1.PodList, error]
	// Now is the clock; left out, time.Now.
	Now func() time.Time
	// AllFindings keeps every finding in a Decision, however many there are. A server
	// must not: the objects that it evaluates are anybody's.
	AllFindings bool
}
