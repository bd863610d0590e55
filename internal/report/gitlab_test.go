package report_test

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/report"
)

// gitlabSchema is what GitLab documents (docs.gitlab.com/ci/testing/code_quality, "Code Quality report
// format"), strictly: what it does not speak of is not there.
const gitlabSchema = `{
  "type": "array",
  "items": {
    "type": "object",
    "additionalProperties": false,
    "required": ["description", "check_name", "fingerprint", "severity", "location"],
    "properties": {
      "description": {"type": "string", "minLength": 1},
      "check_name": {"type": "string", "minLength": 1},
      "fingerprint": {"type": "string", "minLength": 8},
      "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
      "location": {
        "type": "object",
        "additionalProperties": false,
        "required": ["path", "lines"],
        "properties": {
          "path": {"type": "string", "minLength": 1, "not": {"pattern": "^\\./"}},
          "lines": {
            "type": "object",
            "additionalProperties": false,
            "required": ["begin"],
            "properties": {"begin": {"type": "integer", "minimum": 1}, "end": {"type": "integer", "minimum": 1}}
          }
        }
      }
    }
  }
}`

func TestGitLabIsAsDocumented(t *testing.T) {
	schema := compiled(t, gitlabSchema)
	for name, r := range reports() {
		t.Run(name, func(t *testing.T) {
			items := gitlab(t, r)
			require.NoError(t, schema.Validate(items))
			require.Len(t, items, len(r.Results)+len(r.Errors))
			seen := map[string]bool{}
			for _, item := range items {
				fingerprint := item.(map[string]any)["fingerprint"].(string)
				assert.False(t, seen[fingerprint], "GitLab shows one of those that share one")
				seen[fingerprint] = true
			}
		})
	}
}

func TestGitLabsSeverities(t *testing.T) {
	var severities []string
	for _, item := range gitlab(t, withErrors(some("web"))) {
		severities = append(severities, item.(map[string]any)["severity"].(string))
	}
	assert.Equal(t, []string{"major", "minor", "info", "info", "major", "blocker", "blocker"}, severities)
}

func gitlab(t *testing.T, r *report.Report) []any {
	t.Helper()
	items, err := jsonschema.UnmarshalJSON(strings.NewReader(written(t, "gitlab", r)))
	require.NoError(t, err)
	return items.([]any)
}

func compiled(t *testing.T, text string) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("schema.json", document))
	schema, err := compiler.Compile("schema.json")
	require.NoError(t, err)
	return schema
}
