package guardrail

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/workload"
)

// What looks at what others set runs after them, whatever the names of the
// guardrails; and no default makes a guardrail select a Pod that it did not.
func TestOrderOfDefaults(t *testing.T) {
	limits, requests := `{name: default-resource-limits, params: {memoryRatio: 2}}`, `{name: default-resource-requests, params: {cpu: ""}}`
	labels := `{name: add-labels, params: {labels: {team: web}}}`
	for _, documents := range []string{
		guardrailNamed("a", limits, "") + guardrailNamed("b", requests, "") + guardrailNamed("c", labels, ""),
		guardrailNamed("b", limits, "") + guardrailNamed("a", requests, "") + guardrailNamed("c", labels, ""),
	} {
		set := compiled(t, Options{}, documents+guardrailNamed("d", `{name: disable-service-links}`, "match: {objectSelector: {matchLabels: {team: web}}}, "))
		m := set.Mutate(context.Background(), request{object: nginxPod}.review(t))
		require.Empty(t, m.Errors)
		patch, err := workload.EncodePatch(m.Patch)
		require.NoError(t, err)
		assert.Contains(t, string(patch), `{"op":"add","path":"/spec/containers/0/resources/limits","value":{"memory":"256Mi"}}`)
		assert.NotContains(t, string(patch), "enableServiceLinks")
	}
}

func guardrailNamed(name, mutator, match string) string {
	return `---
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: ` + name + `}
spec: {` + match + `mutators: [` + mutator + `]}
`
}
