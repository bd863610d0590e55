package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPlanOfARevision: what a pull request changes is compared with what it is based on.
func TestPlanOfARevision(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "guardrails"), os.DirFS("testdata/plan/old")))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "deploy"), os.DirFS("testdata/plan/deploy")))
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"add", "-A"}, {"-c", "user.name=me", "-c", "user.email=me@example.com", "commit", "-q", "-m", "one"},
	} {
		command := exec.Command("git", args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	changed, err := os.ReadFile("testdata/plan/new/guardrail.yaml")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "guardrails/guardrail.yaml"), changed, 0o600))
	t.Chdir(dir)
	planned := func(args ...string) (out, notes string, code int) {
		var stdout, stderr bytes.Buffer
		code = run(context.Background(), append([]string{"plan"}, args...), streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
		return stdout.String(), stderr.String(), code
	}

	out, notes, code := planned("main:guardrails", "guardrails", "--manifests", "deploy", "-o", "text", "-o", "markdown=comment.md")
	assert.Equal(t, 1, code, "%s%s", out, notes)
	assert.Contains(t, out, "main:guardrails → guardrails\n")
	assert.Contains(t, out, "1 newly refused")
	comment, err := os.ReadFile("comment.md")
	require.NoError(t, err)
	assert.Contains(t, string(comment), "**1 newly refused**")

	_, _, code = planned("main:guardrails", "HEAD:guardrails/guardrail.yaml", "--manifests", "deploy")
	assert.Zero(t, code, "they are the same")

	_, notes, code = planned("no-such:guardrails", "guardrails", "--manifests", "deploy")
	assert.Equal(t, 2, code)
	assert.Equal(t, "taffrail: OLD: reading no-such:guardrails: the repository has no revision \"no-such\": `git fetch` may bring it\n", notes)

	// A mistake in a revision has its place there.
	require.NoError(t, os.WriteFile("guardrails/guardrail.yaml", []byte(strings.Replace(string(changed), "name: min-replicas", "name: min-replicsa", 1)), 0o600))
	out2, err := exec.Command("git", "-c", "user.name=me", "-c", "user.email=me@example.com", "commit", "-q", "-a", "-m", "two").CombinedOutput()
	require.NoError(t, err, "%s", out2)
	_, notes, code = planned("main:guardrails", "none", "--manifests", "deploy")
	assert.Equal(t, 2, code)
	assert.Contains(t, notes, "main:guardrails/guardrail.yaml:9: ")
}

// What .taffrail.yaml says of manifests counts; its outputs are for findings.
func TestPlanTakesTheConfigurationOfManifests(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/plan")))
	t.Chdir(dir)
	require.NoError(t, os.WriteFile(".taffrail.yaml", []byte("output: [sarif=report.sarif]\nexclude: [web.yaml]\ninputs: [new]\n"), 0o600))
	var out, notes bytes.Buffer
	code := run(context.Background(), []string{"plan", "old", "new", "--manifests", "deploy"}, streams{in: strings.NewReader(""), out: &out, err: &notes})
	assert.Zero(t, code, "%s%s", &out, &notes)
	assert.Contains(t, out.String(), "of 1 object compared")
	assert.Equal(t, "1 file is left out by exclude\n", notes.String())
	assert.NoFileExists(t, "report.sarif")
}
