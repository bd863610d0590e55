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

// copied is a folder with copies of files of the transcripts of fix.
func copied(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("testdata/fix", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o640))
	}
	return dir
}

func typed(args ...string) (code int, out, err string) {
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), args, streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
	return code, stdout.String(), stderr.String()
}

// What --write writes is what goes to standard output without it, and a second run changes nothing.
func TestFixWritesInPlace(t *testing.T) {
	t.Chdir(copied(t, "web.yaml", "good.json", "guardrail.yaml"))
	_, want, _ := typed("fix", "--guardrails", "guardrail.yaml", "web.yaml")

	code, out, err := typed("fix", "-w", "--guardrails", "guardrail.yaml", "web.yaml", "good.json")
	assert.Equal(t, 1, code)
	assert.Equal(t, "web.yaml: 1 default and 4 findings\n", out)
	assert.Equal(t, "web.yaml:16:7: Deny pod-security: deployments.apps \"web\": spec.template.spec.hostNetwork: Forbidden: must not be true "+
		"(baseline, hostNamespaces); --unsafe fixes it\nwrote 1 default and fixed 4 findings in 1 of 2 files; 1 finding left, 1 of them for --unsafe\n", err)
	text, readErr := os.ReadFile("web.yaml")
	require.NoError(t, readErr)
	assert.Equal(t, want, string(text))

	code, out, err = typed("fix", "-w", "--unsafe", "--guardrails", "guardrail.yaml", "web.yaml")
	assert.Equal(t, 0, code)
	assert.Equal(t, "web.yaml: 1 finding\n", out)
	assert.Equal(t, "fixed 1 finding in 1 of 1 file\n", err)

	code, out, err = typed("fix", "-w", "--unsafe", "--guardrails", "guardrail.yaml", "web.yaml")
	assert.Equal(t, 0, code)
	assert.Empty(t, out)
	assert.Equal(t, "nothing to fix in 1 file\n", err)
	code, _, _ = typed("check", "--guardrails", "guardrail.yaml", "--fail-on", "warn", "web.yaml")
	assert.Equal(t, 0, code)
}

// A file with a mistake is left as it is, and the others are written.
func TestFixWritesFileByFile(t *testing.T) {
	t.Chdir(copied(t, "web.yaml", "broken.yaml", "guardrail.yaml"))
	before, err := os.ReadFile("broken.yaml")
	require.NoError(t, err)
	code, out, _ := typed("fix", "-w", "--guardrails", "guardrail.yaml", "broken.yaml", "web.yaml")
	assert.Equal(t, 2, code)
	assert.Equal(t, "web.yaml: 1 default and 4 findings\n", out)
	after, err := os.ReadFile("broken.yaml")
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))
}

// Bytes go to standard output as they are: line ends of Windows, and what a terminal would not print.
func TestFixPrintsTheBytes(t *testing.T) {
	text := "\uFEFFapiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: a}\r\ndata:\r\n  a: \"\u202e\" # \u200b\r\n"
	file := filepath.Join(t.TempDir(), "a.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	code, out, _ := typed("fix", file)
	assert.Equal(t, 0, code)
	assert.Equal(t, text, out)
}

func TestFixColorsTheDiffWhenAskedTo(t *testing.T) {
	t.Chdir(copied(t, "web.yaml", "guardrail.yaml"))
	_, out, _ := typed("fix", "--diff", "--color", "always", "--only", "duplicate-env", "--guardrails", "guardrail.yaml", "web.yaml")
	assert.Contains(t, out, "\x1b[1m+++ b/web.yaml\x1b[0m\n\x1b[36m@@ -20,7 +20,6 @@\x1b[0m\n")
	assert.Contains(t, out, "         env:\n\x1b[31m-        - {name: LEVEL, value: debug}\x1b[0m\n")
}

func TestADiffOnATerminal(t *testing.T) {
	const diff = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\x1b[2J\n+b\n c\n"
	var plain, colored bytes.Buffer
	showDiff(&plain, diff, false)
	assert.Equal(t, strings.ReplaceAll(diff, "\x1b", `\u001b`), plain.String(), "lines stay lines, and nothing moves the cursor")
	showDiff(&colored, diff, true)
	assert.Equal(t, "\x1b[1m--- a/f\x1b[0m\n\x1b[1m+++ b/f\x1b[0m\n\x1b[36m@@ -1 +1 @@\x1b[0m\n\x1b[31m-a\\u001b[2J\x1b[0m\n\x1b[32m+b\x1b[0m\n c\n", colored.String())
}

func TestFixCompletesNames(t *testing.T) {
	code, out, _ := typed("__complete", "fix", "--only", "pod-security/run")
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "pod-security/runAsNonRoot\n")
	_, out, _ = typed("__complete", "fix", "--only", "")
	assert.Contains(t, out, "default-resource-requests\t")
}
