package migrate

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/guardrailtest"
)

// Whoever has tests keeps them: they are written as GuardrailTests, which the migrated Guardrails pass.
func TestTestsOfOtherToolsBecomeGuardrailTests(t *testing.T) {
	in, wrong := Read(nil, "testdata/tests/policy.yaml", "testdata/tests/kyverno-test.yaml", "testdata/tests/suite.yaml")
	require.Empty(t, wrong)
	result := Run(in)
	require.Len(t, result.Tests, 2)
	var why []string
	for i := range result.Rows {
		if result.Rows[i].Why != "" {
			why = append(why, result.Rows[i].Rule+": "+result.Rows[i].Why)
		}
	}
	assert.Equal(t, []string{
		"owners name missing: its object is not in the files that the test names",
		"privileged looked-up: it looks other objects up (inventory)",
	}, why)

	directory := t.TempDir()
	require.NoError(t, result.WriteDirectory(directory))
	require.Error(t, result.WriteDirectory(directory), "nothing that is there is overwritten")
	suite := guardrailtest.Load(nil, time.Now(), filepath.Join(directory, "tests"))
	require.Empty(t, suite.Errors)
	ran := suite.Run(t.Context(), nil)
	require.Empty(t, ran.Errors)
	assert.Len(t, ran.Results, 4)
	for _, one := range ran.Results {
		assert.Empty(t, one.Failures, one.Name)
	}
	kustomization, err := os.ReadFile(filepath.Join(directory, "kustomization.yaml"))
	require.NoError(t, err)
	assert.NotContains(t, string(kustomization), "tests/", "no cluster takes tests")
}
