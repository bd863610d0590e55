package guardrail

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
)

// What docs/rules.md shows compiles, and does what the page says.
func TestThePageAboutRules(t *testing.T) {
	page, err := os.ReadFile("../docs/rules.md")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	set := compiled(t, Options{}, example)
	tier := func(of string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {tier: " + of + "}}\nspec: {replicas: 3}"
	}
	assert.Empty(t, evaluated(t, set, request{object: tier("gold")}))
	assert.Equal(t, []string{"Deny gold: must have the label tier=gold"}, evaluated(t, set, request{object: tier("silver")}))
	assert.Equal(t, []string{"Deny gold: must have the label tier=gold"},
		evaluated(t, set, request{operation: admissionv1.Update, object: tier("bronze"), old: tier("silver")}))
	assert.Equal(t, []string{"Warn gold: must have the label tier=gold; it was so before, so it passes"},
		evaluated(t, set, request{operation: admissionv1.Update, object: tier("silver"), old: tier("bronze")}))
}

func TestThePageAboutRulesAboutPods(t *testing.T) {
	page, err := os.ReadFile("../docs/rules.md")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(page), "## Rules about Pods")
	_, rest, _ = strings.Cut(rest, "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	set := compiled(t, Options{}, "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec:\n  rules:\n"+example)
	deployment := "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: [{name: web, image: nginx}]}}}}"
	assert.Equal(t, []string{"Deny registry: must come from registry.example.com"}, evaluated(t, set, request{object: nginxPod}))
	assert.Equal(t, []string{"Deny registry: spec.template: must come from registry.example.com"}, evaluated(t, set, request{object: deployment}))
}
