package validators

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNoAnnotationOfNginxSmuggles: whatever the annotation is and under whichever prefix, its value
// ends no directive and leads to no file.
func TestNoAnnotationOfNginxSmuggles(t *testing.T) {
	validate, err := construct(t, "ingress-nginx-snippets", "{}")
	require.NoError(t, err)
	found := func(key, value string) []string {
		ingress, err := json.Marshal(map[string]any{
			"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
			"metadata": map[string]any{"name": "web", "annotations": map[string]string{key: value}},
		})
		require.NoError(t, err)
		return render(validate(reviewOf(t, ingress, nil, nil)))
	}
	for _, prefix := range []string{nginxPrefix, "ingress.example.com/", "ingress.kubernetes.io/"} {
		for name := range maps.Keys(nginxAnnotations) {
			for _, value := range []string{
				"x;root /;", "x\nroot /", "x\rroot /", "x}", "x{", `x"`, "x'", "x`", "/etc/passwd", "/root/.kube/config", "/var/run/secrets/token",
				"a/../../b", "a/%2e%2e/b", "a/%252e%252e/b", "/%65tc/passwd",
			} {
				assert.Len(t, found(prefix+name, value), 1, "%s%s: %q", prefix, name, value)
			}
			assert.Empty(t, found(prefix+name, "web"), "%s%s", prefix, name)
		}
	}
	for _, key := range []string{"configuration-snippet", "server-snippet", "stream-snippet", "auth-snippet", "modsecurity-snippet"} {
		assert.Len(t, found("ingress.example.com/"+key, "#"), 1, key)
	}
	assert.Greater(t, len(slices.Collect(maps.Keys(nginxAnnotations))), 100)
}
