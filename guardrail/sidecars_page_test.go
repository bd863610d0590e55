package guardrail

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// TestThePageAboutSidecars: with what docs/sidecars.md shows, a Pod passes into which the injector
// has put its containers. Every exception is needed, and none covers the team's own containers.
func TestThePageAboutSidecars(t *testing.T) {
	page, err := os.ReadFile("../docs/sidecars.md")
	require.NoError(t, err)
	seen := 0
	for _, section := range strings.Split(string(page), "\n## ")[1:] {
		_, rest, found := strings.Cut(section, "```yaml\n")
		if !found {
			continue
		}
		seen++
		example, _, _ := strings.Cut(rest, "```")
		name, _, _ := strings.Cut(section, "\n")
		t.Run(name, func(t *testing.T) { exceptsSidecars(t, strings.ToLower(name), example) })
	}
	assert.Equal(t, 4, seen)
}

func exceptsSidecars(t *testing.T, injector, example string) {
	pod, err := os.ReadFile(filepath.Join("testdata/sidecars", injector+".yaml"))
	require.NoError(t, err)
	assert.Empty(t, evaluated(t, compiled(t, Options{}, example), request{object: string(pod)}))

	// Under any other image, the same containers are found.
	objects, err := Parse("page", []byte(example))
	require.NoError(t, err)
	for i := range objects.Guardrails[0].Spec.Validators {
		objects.Guardrails[0].Spec.Validators[i].Except = nil
	}
	set, err := Compile(objects, Options{})
	require.NoError(t, err)
	found := evaluated(t, set, request{object: string(pod)})
	for _, v := range objects.Guardrails[0].Spec.Validators {
		assert.True(t, slices.ContainsFunc(found, func(text string) bool { return strings.HasPrefix(text, string(v1alpha1.Deny)+" "+v.Name) }), "%s needs no exception", v.Name)
	}
	for _, text := range found {
		assert.NotContains(t, text, `(container "web"`)
	}
}
