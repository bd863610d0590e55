package reference

import (
	"cmp"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/params"
)

// promised is what testdata/catalogue.yaml says of a name.
type promised struct {
	BuiltIn    string   `json:"builtIn"`
	Kyverno    []string `json:"Kyverno"`
	Gatekeeper []string `json:"Gatekeeper"`
	Polaris    []string `json:"Polaris"`
	KubeLinter []string `json:"kube-linter"`
	KRail      []string `json:"k-rail"`
}

// TestTheCatalogueIsComplete compares the list in the repository with the
// registry, both ways, and each name's peers.
func TestTheCatalogueIsComplete(t *testing.T) {
	text, err := os.ReadFile("testdata/catalogue.yaml")
	require.NoError(t, err)
	var lists map[string]map[string]promised
	require.NoError(t, yaml.UnmarshalStrict(text, &lists))

	for _, p := range Pages() {
		t.Run(p.Name, func(t *testing.T) {
			promise, listed := lists[p.List][p.Name]
			delete(lists[p.List], p.Name)
			require.True(t, listed, "not in testdata/catalogue.yaml")
			assert.Equal(t, cmp.Or(promise.BuiltIn, "off"), p.Action, "in guardrail/default.yaml")
			for peer, names := range map[params.Source][]string{
				params.Kyverno: promise.Kyverno, params.Gatekeeper: promise.Gatekeeper,
				params.Polaris: promise.Polaris, params.KubeLinter: promise.KubeLinter, params.KRail: promise.KRail,
			} {
				for _, name := range names {
					assert.True(t, refersTo(&p, peer, name), "no reference to %s of %s", name, peer)
				}
			}
		})
	}
	for list, left := range lists {
		assert.Empty(t, slices.Sorted(maps.Keys(left)), "missing %s", list)
	}
}

func refersTo(p *Page, peer params.Source, pattern string) bool {
	return slices.ContainsFunc(p.References, func(r params.Reference) bool {
		matches, _ := path.Match(pattern, strings.ReplaceAll(r.ID, "/", "-"))
		return r.Source == peer && matches
	})
}
