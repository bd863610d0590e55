package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheReadyMadeGuardrailsDoWhatTheirTestsSay: each of them, and the built-in one, has tests
// beside it, which pass and leave nothing out.
func TestTheReadyMadeGuardrailsDoWhatTheirTestsSay(t *testing.T) {
	out, notes, code := tested(t, "--coverage", "--min-coverage", "100", "../../deploy/guardrails")
	assert.Zero(t, code, out+notes)
	assert.Empty(t, notes)
	files, err := filepath.Glob("../../deploy/guardrails/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range append(files, "default.yaml") {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		assert.Regexp(t, `(?m)^`+name+` +validator +pod-security +Deny +[1-9]`, out, "deploy/guardrails/tests has nothing about %s", name)
	}
}

// TestGuardrailsLieBesideTheirTests: a directory of both is one of guardrails.
func TestGuardrailsLieBesideTheirTests(t *testing.T) {
	out, code := checked(t, "--guardrails", "../../deploy/guardrails", "--namespace-labels", "environment=production", "../../examples/production-deployment.yaml")
	assert.Zero(t, code, out)
}

func tested(t *testing.T, args ...string) (out, notes string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), append([]string{"test"}, args...), streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
	return stdout.String(), stderr.String(), code
}
