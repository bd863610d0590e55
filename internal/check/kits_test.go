package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
)

const inhabited = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {taffrail.dev/tenant: shop}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example.com/web:1.4"}]}
`

// What a kit will make is not missing: one among the guardrails, or among the inputs.
func TestWhatAKitWillMakeIsNotMissing(t *testing.T) {
	objects, furnished := guardrail.Objects{}, guardrail.Objects{}
	for _, kit := range []string{"multi-tenant", "standard-quota"} {
		text, err := os.ReadFile("../../deploy/kits/" + kit + ".yaml")
		require.NoError(t, err)
		parsed, err := guardrail.Parse(kit, text)
		require.NoError(t, err)
		furnished.Kits = append(furnished.Kits, parsed.Kits...)
	}
	for _, name := range []string{"namespace-without-quota", "namespace-without-limit-range", "namespace-without-default-deny", "missing-network-policy"} {
		g := guardrailOf(t, name, "{}").Guardrails[0]
		g.Name = name
		objects.Guardrails = append(objects.Guardrails, g)
	}
	manifest := filepath.Join(t.TempDir(), "shop.yaml")
	write := func(text string) {
		require.NoError(t, os.WriteFile(manifest, []byte(text), 0o600))
	}
	furnished.Guardrails = objects.Guardrails

	write(inhabited)
	assert.Len(t, found(t, objects, false, manifest), 5, "a quota, limits, ingress, egress and a policy")
	assert.Empty(t, found(t, furnished, false, manifest))
	assert.Empty(t, found(t, objects, false, manifest, "../../deploy/kits/multi-tenant.yaml"))

	write(strings.Replace(inhabited, "taffrail.dev/tenant", "taffrail.dev/other", 1))
	assert.Len(t, found(t, furnished, false, manifest), 5, "it is not selected")
	write(strings.Replace(inhabited, "labels: {taffrail.dev/tenant: shop}", "labels: {taffrail.dev/quota: standard}", 1))
	assert.Len(t, found(t, furnished, false, manifest), 3, "another kit, without policies")
}

// A kit is evaluated by what it adds, and is nothing in which anything is found.
func TestNothingIsFoundInWhatAKitWillMake(t *testing.T) {
	objects := guardrailOf(t, "dangling-network-policy", "{}")
	text := inhabited + `---
apiVersion: taffrail.dev/v1alpha1
kind: NamespaceKit
metadata: {name: k}
spec:
  namespaceSelector: {}
  objects:
  - {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: proxies}, spec: {podSelector: {matchLabels: {app: proxy}}}}
`
	manifest := filepath.Join(t.TempDir(), "shop.yaml")
	require.NoError(t, os.WriteFile(manifest, []byte(text), 0o600))
	assert.Empty(t, found(t, objects, false, manifest))
}
