package cel

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A variable is replaced where it is one: not in texts, not as a field, not where a macro has another by
// its name.
func TestReplace(t *testing.T) {
	for expression, want := range map[string]string{
		`params.data.most`:                             `variables.p.data.most`,
		`has(params.x) && object.params == "params"`:   `has(variables.p.x) && object.params == "params"`,
		`object.list.all(params, params.a == 1)`:       `object.list.all(params, params.a == 1)`,
		`params.list.all(x, x in params.allowed)`:      `variables.p.list.all(x, x in variables.p.allowed)`,
		`{"params": params}[?"params"].orValue(1)`:     `{"params": variables.p}[?"params"].orValue(1)`,
		`cel.bind(params, params.a, params.b)`:         `cel.bind(params, variables.p.a, params.b)`,
		"'ä' + params.x + r'params'":                   "'ä' + variables.p.x + r'params'",
		`object.?a.optMap(params, params + 1) == none`: `object.?a.optMap(params, params + 1) == none`,
	} {
		got, err := Replace(expression, map[string]string{"params": "variables.p"})
		require.NoError(t, err, expression)
		assert.Equal(t, want, got)
	}
	_, err := Replace("a +", nil)
	require.Error(t, err)
	assert.True(t, Uses("authorizer.path('/x')", "authorizer"))
	assert.False(t, Uses("object.authorizer == 'authorizer'", "authorizer"))
}
