package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProductionExamples: the good one passes all of the checklist, and the bad
// one breaks all that the checklist is about.
func TestProductionExamples(t *testing.T) {
	const guardrail = "../../deploy/guardrails/production.yaml"
	out, code := checked(t, "--guardrails", guardrail, "--fail-on", "warn", "../../examples/production-deployment.yaml")
	assert.Zero(t, code, out)

	out, code = checked(t, "--guardrails", guardrail, "../../examples/production-bad-deployment.yaml")
	assert.Equal(t, 1, code)
	for _, name := range []string{
		"min-replicas", "rolling-update", "resource-requests", "resource-limits",
		"probes-identical", "pod-security", "read-only-root-filesystem",
	} {
		assert.Contains(t, out, "Deny "+name+":")
	}
	for _, name := range []string{"image-digest-required", "default-service-account", "required-labels"} {
		assert.Contains(t, out, "Warn "+name+":")
	}
}

// TestTheChecklistOfATypicalGuidePassesProduction: whoever does what guides to production ask for,
// and nothing else, is refused nothing. Each of its points is one that production.yaml asks for.
func TestTheChecklistOfATypicalGuidePassesProduction(t *testing.T) {
	const guardrail, checklist = "../../deploy/guardrails/production.yaml", "testdata/checklist.yaml"
	out, code := checked(t, "--guardrails", guardrail, checklist)
	assert.Zero(t, code, out)
	assert.NotContains(t, out, "Deny ")

	text, err := os.ReadFile(checklist)
	require.NoError(t, err)
	for point, name := range map[string]string{
		"replicas: 3":                        "min-replicas",
		"maxUnavailable: 0":                  "rolling-update",
		"app: shop # spread":                 "topology-spread",
		requestsAndLimits:                    "resource-requests",
		"limits: {cpu: 500m, memory: 256Mi}": "resource-limits",
		"livenessProbe: {httpGet: {path: /livez, port: http}, periodSeconds: 10, failureThreshold: 6}": "liveness-probe",
		"readinessProbe: {httpGet: {path: /readyz, port: http}, periodSeconds: 5}":                     "readiness-probe",
		"runAsNonRoot: true":           "pod-security",
		"readOnlyRootFilesystem: true": "read-only-root-filesystem",
		"capabilities: {drop: [ALL]}":  "pod-security",
		":2.4.1":                       "image-latest-tag",
		"minAvailable: 2":              "pdb-blocks-drain",
		"minReplicas: 3":               "hpa-bounds",
	} {
		t.Run(point, func(t *testing.T) {
			require.Contains(t, string(text), point)
			file := filepath.Join(t.TempDir(), "without.yaml")
			require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), point, instead[point])), 0o600))
			out, code := checked(t, "--guardrails", guardrail, file)
			assert.Equal(t, 1, code, out)
			assert.Contains(t, out, "Deny "+name+":")
		})
	}
}

// requestsAndLimits are one point: the API server takes what is missing from the other.
const requestsAndLimits = `requests: {cpu: 250m, memory: 256Mi}
          limits: {cpu: 500m, memory: 256Mi}`

// instead is what takes the place of a point, where that is not nothing.
var instead = map[string]string{
	"replicas: 3":        "replicas: 1",
	"maxUnavailable: 0":  "maxUnavailable: 1",
	"app: shop # spread": "app: another",
	requestsAndLimits:    "limits: {memory: 256Mi}", // requests are those of the limits, where there are none
	"minAvailable: 2":    "maxUnavailable: 0",
	"minReplicas: 3":     "minReplicas: 1",
}

func checked(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var both bytes.Buffer
	code = run(context.Background(), append([]string{"check", "-o", "concise"}, args...), streams{in: strings.NewReader(""), out: &both, err: &both})
	return both.String(), code
}
