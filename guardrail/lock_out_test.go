package guardrail

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRulesOnOwnKinds(t *testing.T) {
	on := func(groups, resources string) string {
		return `{apiGroups: [` + groups + `], apiVersions: ['*'], resources: [` + resources + `], operations: [CREATE]}`
	}
	objects, err := Parse("test", []byte(withRules(
		rule("exemptions", on("taffrail.dev", "exemptions"), "true", ""),
		rule("warned", on("taffrail.dev", "guardrails"), "true", ", action: Warn"),
		rule("everything", on("'*'", "'*/*'"), "true", ""),
		rule("pods", on("''", "pods"), "true", ""),
		rule("scale", on("'*'", "'*/scale'"), "true", ""),
		rule("none-of-ours", on("taffrail.dev", "others"), "true", ""),
	)))
	require.NoError(t, err)
	assert.Equal(t, []string{"exemptions", "everything"}, OnOwnKinds(&objects.Guardrails[0].Spec))
}

// What would never be evaluated is no rule.
func TestARuleOnTheStatusOfOwnKindsIsAMistake(t *testing.T) {
	objects, err := Parse("test", []byte(withRules(
		rule("r", `{apiGroups: [taffrail.dev], apiVersions: ['*'], resources: [guardrails/status], operations: [UPDATE]}`, "true", ""),
	)))
	require.NoError(t, err)
	_, err = Compile(objects, Options{})
	require.ErrorContains(t, err, "spec.rules[0].resources[0].resources[0]: Forbidden: must not be a status of taffrail.dev")
}
