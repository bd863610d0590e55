package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// What pre-commit finds in the repository runs.
func TestPreCommitHooks(t *testing.T) {
	text, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	require.NoError(t, err)
	var hooks []struct {
		ID            string   `json:"id"`
		Name          string   `json:"name"`
		Description   string   `json:"description"`
		Entry         string   `json:"entry"`
		Args          []string `json:"args"`
		Language      string   `json:"language"`
		Files         string   `json:"files"`
		PassFilenames *bool    `json:"pass_filenames"`
	}
	require.NoError(t, yaml.UnmarshalStrict(text, &hooks))
	require.Len(t, hooks, 2)
	t.Chdir(t.TempDir())
	var out, errs bytes.Buffer
	require.Equal(t, exitOK, run(t.Context(), []string{"init"}, streams{out: &out, err: &errs}))
	for _, hook := range hooks {
		words := append(strings.Fields(hook.Entry), hook.Args...)
		assert.Equal(t, "taffrail", words[0])
		assert.Equal(t, exitOK, run(t.Context(), words[1:], streams{out: &out, err: &errs}), "%s: %s", hook.ID, errs.String())
		assert.Regexp(t, hook.Files, "deploy/web.yaml")
		assert.False(t, *hook.PassFilenames, "%s looks at all inputs", hook.ID)
	}
}
