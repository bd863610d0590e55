package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Whoever names the namespace of their CNI must not have Taffrail's own evaluated:
// it could not start while it is down.
func TestExcludeNamespacesAddsToThoseThatAlwaysAre(t *testing.T) {
	for name, test := range map[string]struct{ flag, want []string }{
		"none":                     {nil, nil},
		"some":                     {[]string{"calico-system", "rook-ceph"}, []string{"calico-system", "rook-ceph"}},
		"one that always is, also": {[]string{"kube-system", "calico-system"}, []string{"calico-system"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := serveOptions{excludeNamespaces: test.flag}
			assert.ElementsMatch(t, append([]string{"kube-system", "kube-public", "kube-node-lease", "taffrail-system"}, test.want...),
				o.excludedNamespaces())
		})
	}
}
