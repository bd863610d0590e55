package starter

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func written(t *testing.T, c Choices) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new")
	files, err := Files(c)
	require.NoError(t, err)
	for _, file := range files {
		is, err := Write(dir, file)
		require.NoError(t, err)
		assert.True(t, is, file.Path)
	}
	return dir
}

func TestNothingIsOverwritten(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, ".taffrail.yaml")
	require.NoError(t, os.WriteFile(there, []byte("inputs: [ours]\n"), 0o600))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, ".pre-commit-config.yaml")))
	for _, name := range []string{".taffrail.yaml", ".pre-commit-config.yaml"} {
		is, err := Write(dir, File{Path: name, Text: "mine"})
		require.NoError(t, err)
		assert.False(t, is, name)
	}
	text, err := os.ReadFile(there)
	require.NoError(t, err)
	assert.Equal(t, "inputs: [ours]\n", string(text))
	assert.NoFileExists(t, filepath.Join(dir, "nowhere"), "a link is not followed")
}

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "guardrails"), nil, 0o600))
	_, err := Write(dir, File{Path: "guardrails/a.yaml"})
	require.ErrorContains(t, err, "writing guardrails/a.yaml: mkdir ")
	_, err = Files(Choices{Guardrail: "none"})
	assert.ErrorContains(t, err, "reading the guardrail")
}

func TestEveryGuardrailIsAStart(t *testing.T) {
	assert.Equal(t, []string{"baseline", "multi-tenant", "nsa-cisa-hardening", "production", "restricted"}, Guardrails())
	assert.Contains(t, Guardrails(), Default)
	for _, name := range Guardrails() {
		files, err := Files(Choices{Guardrail: name})
		require.NoError(t, err)
		for _, file := range files {
			assert.NotRegexp(t, `NAMESPACE|\bNAME\b|TAFFRAIL_VERSION`, file.Text, "%s of %s", file.Path, name)
		}
	}
}

func TestTheWorkflowDownloadsTheVersionThatWroteIt(t *testing.T) {
	for version, want := range map[string]string{"v1.2.3": "v1.2.3", "dev": "v0.1.0", "v1.2.3-4-gabcdef": "v0.1.0"} {
		text, err := os.ReadFile(filepath.Join(written(t, Choices{Default, version}), ".github/workflows/taffrail.yaml"))
		require.NoError(t, err)
		assert.Contains(t, string(text), "VERSION: "+want+"\n")
	}
}

// The workflow is one for GitHub, as a linter of its workflows reads it, scripts and all.
func TestTheWorkflowIsOne(t *testing.T) {
	file := filepath.Join(written(t, Choices{Guardrail: Default}), ".github/workflows/taffrail.yaml")
	lint := exec.CommandContext(t.Context(), "go", "tool", "-modfile=../../hack/tools/actionlint/go.mod", "actionlint", file)
	out, err := lint.CombinedOutput()
	assert.NoError(t, err, string(out))
}

func TestOnlyAnotherRepositoryIsAbove(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, ".git"), 0o755))
	below := filepath.Join(root, "deploy", "new") // is not there yet
	assert.Equal(t, root, Above(below))
	assert.Empty(t, Above(root), "it is the root itself")
	assert.Empty(t, Above(filepath.Join(t.TempDir(), "new")))
}
