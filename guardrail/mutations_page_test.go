package guardrail_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
)

// What docs/mutations.md shows compiles without a warning, and does what the page says.
func TestThePageAboutMutations(t *testing.T) {
	page, err := os.ReadFile("../docs/mutations.md")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	file, err := os.ReadFile("../examples/mutations/house.yaml")
	require.NoError(t, err)
	assert.Equal(t, string(file), example)
	objects, err := guardrail.Parse("docs/mutations.md", []byte(example))
	require.NoError(t, err)
	set, err := guardrail.Compile(objects, guardrail.Options{})
	require.NoError(t, err)
	assert.Empty(t, set.Warnings())
	for object, want := range map[string][]string{
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"selector":{},"template":{"spec":{"containers":[]}}}}`:                                                {"cost-center"},
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","labels":{"example.com/cost-center":"1"}},"spec":{"selector":{},"template":{"spec":{"containers":[]}}}}`:       nil,
		`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{"logs":""}},"spec":{"containers":[{"name":"a"}]}}`:                                                               {"log-shipper"},
		`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","ownerReferences":[{"kind":"Job"}]},"spec":{"containers":[{"name":"a"}],"tolerations":[{"key":"a","operator":"Exists"}]}}`: {"spot-nodes"},
		`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","ownerReferences":[{"kind":"Job"}]},"spec":{"containers":[{"name":"a"}]}}`:                                                 {"spot-nodes"},
		`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"a"}]}}`:                                                                                    nil,
	} {
		m := set.Mutate(t.Context(), created(t, []byte(object)))
		require.Empty(t, m.Errors)
		var names []string
		for _, a := range m.Applied {
			names = append(names, a.Mutator)
		}
		assert.Equal(t, want, names, object)
	}
}
