package guardrail

import (
	"slices"
	"time"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/workload"
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
	// Cluster is what the reviews can ask. Left out, a Namespace has its name for a label and
	// nothing else, and no Pods can be listed.
	Cluster workload.Cluster
	// Now is the clock; left out, time.Now.
	Now func() time.Time
	// AllFindings keeps every finding in a Decision, however many there are. A server
	// must not: the objects that it evaluates are anybody's.
	AllFindings bool
	// Kits furnish Namespaces besides those of the Objects; one with mistakes furnishes none.
	Kits []v1alpha1.NamespaceKit
	// Together says that whoever has the Set evaluates all objects together too, with ValidateAll.
	Together bool
}
