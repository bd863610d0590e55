package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestProductionExamples: the good one passes all of the checklist, and the bad
// one breaks all that the checklist is about.
func TestProductionExamples(t *testing.T) {
	const guardrail = "../../deploy/guardrails/production.yaml"
	out, code := check(t, "--guardrails", guardrail, "--fail-on", "warn", "../../examples/production-deployment.yaml")
	assert.Zero(t, code, out)

	out, code = check(t, "--guardrails", guardrail, "../../examples/production-bad-deployment.yaml")
	assert.Equal(t, 1, code)
	for _, name := range []string{
		"min-replicas", "rolling-update", "image-digest-required", "resource-requests", "resource-limits",
		"probes-identical", "pod-security", "read-only-root-filesystem", "default-service-account",
	} {
		assert.Contains(t, out, "Deny "+name+":")
	}
}

func check(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var both bytes.Buffer
	code = run(context.Background(), append([]string{"check"}, args...), streams{in: strings.NewReader(""), out: &both, err: &both})
	return both.String(), code
}
