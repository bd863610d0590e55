package reference

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// TestGoldenPromisedNamesStay compares the list in the repository with the registries, both ways.
// An update adds the names that are new, and keeps those that are gone: somebody's Guardrail has
// them.
func TestGoldenPromisedNamesStay(t *testing.T) {
	const file = "testdata/catalogue.yaml"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var promised map[string][]string
	require.NoError(t, yaml.UnmarshalStrict(text, &promised))

	registered := map[string][]string{}
	for _, p := range Pages() {
		registered[p.List] = append(registered[p.List], p.Name)
	}
	for list, names := range promised {
		assert.Subset(t, registered[list], names, "promised %s are gone", list)
	}
	if *update {
		for list, names := range registered {
			all := slices.Sorted(slices.Values(slices.Concat(promised[list], names)))
			promised[list] = slices.Compact(all)
		}
		written, err := yaml.Marshal(promised)
		require.NoError(t, err)
		comment := text[:slices.Index(text, '\n')+1]
		require.NoError(t, os.WriteFile(file, append(slices.Clone(comment), written...), 0o644))
	}
	for list, names := range registered {
		assert.Subset(t, promised[list], names, "not in %s: run `make generate`", file)
	}
}
