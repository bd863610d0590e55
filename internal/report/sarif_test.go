package report_test

import (
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/report"
)

func TestSARIFIsAsItsSchemaSays(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("testdata/sarif-schema-2.1.0.json")
	require.NoError(t, err)
	for name, r := range reports() {
		t.Run(name, func(t *testing.T) {
			document, err := jsonschema.UnmarshalJSON(strings.NewReader(written(t, "sarif", r)))
			require.NoError(t, err)
			assert.NoError(t, schema.Validate(document))
		})
	}
}

// run is what another program reads.
func run(t *testing.T, r *report.Report) *sarif.Run {
	t.Helper()
	read, err := sarif.FromString(written(t, "sarif", r))
	require.NoError(t, err)
	require.Len(t, read.Runs, 1)
	return read.Runs[0]
}

func TestSARIFIsReadByOthers(t *testing.T) {
	r := some("web")
	read := run(t, r)
	assert.Equal(t, "v1.2.3", *read.Tool.Driver.Version)
	require.Len(t, read.Results, len(r.Results))
	var levels []string
	for _, result := range read.Results {
		levels = append(levels, result.Level)
		assert.Equal(t, *result.RuleID, *read.Tool.Driver.Rules[result.RuleIndex].ID)
		assert.NotEmpty(t, *result.Message.Text)
	}
	assert.Equal(t, []string{"error", "warning", "note", "error", "error"}, levels)

	first := read.Results[0]
	place := first.Locations[0].PhysicalLocation
	assert.Equal(t, "deploy/web%20app.yaml", *place.ArtifactLocation.URI)
	assert.Equal(t, "SRCROOT", *place.ArtifactLocation.URIBaseID)
	assert.Equal(t, []int{12, 16, 12, 21}, []int{*place.Region.StartLine, *place.Region.StartColumn, *place.Region.EndLine, *place.Region.EndColumn})
	assert.Equal(t, "Deployment/shop/web", *first.Locations[0].LogicalLocations[0].FullyQualifiedName)
	assert.Equal(t, "Deployment/shop/web#spec.template.spec.containers[0].image", *first.Locations[0].LogicalLocations[1].FullyQualifiedName)
	replacement := first.Fixes[0].ArtifactChanges[0].Replacements[0]
	assert.Equal(t, "nginx:1.29", *replacement.InsertedContent.Text)
	assert.Equal(t, 16, *replacement.DeletedRegion.StartColumn)

	suppressed := read.Results[3]
	require.Len(t, suppressed.Suppressions, 1)
	assert.Equal(t, "until March", *suppressed.Suppressions[0].Justification)
	assert.Contains(t, *suppressed.Message.Text, "ignored here (until March), refused by the cluster")
	assert.True(t, *read.Invocations[0].ExecutionSuccessful)
}

func TestARuleOfSARIFSaysWhatTheCatalogueSays(t *testing.T) {
	rules := run(t, some("web")).Tool.Driver.Rules
	require.Len(t, rules, 4)
	assert.Equal(t, "image-latest-tag", *rules[0].ID)
	assert.Contains(t, *rules[0].FullDescription.Text, "A tag such as latest names another image tomorrow")
	assert.Contains(t, *rules[0].Help.Markdown, "nginx@sha256")
	assert.Equal(t, "https://taffrail.dev/docs/reference/validators/image-latest-tag.md", *rules[0].HelpURI)
	assert.Equal(t, "error", rules[0].DefaultConfiguration.Level)
	assert.Equal(t, "5.5", rules[0].Properties.Properties["security-severity"])
	assert.Equal(t, []string{"kubernetes", "security"}, rules[0].Properties.Tags)
	assert.Equal(t, "default/team", *rules[2].ID)
	assert.Nil(t, rules[2].HelpURI)
}

func TestSARIFTellsWhatCouldNotBeRead(t *testing.T) {
	invocation := run(t, withErrors(report.New())).Invocations[0]
	assert.False(t, *invocation.ExecutionSuccessful)
	require.Len(t, invocation.ToolExecutionNotifications, 2)
	first := invocation.ToolExecutionNotifications[0]
	assert.Equal(t, "error", first.Level)
	assert.Equal(t, "is no YAML: did not find expected key", *first.Message.Text)
	assert.Equal(t, 3, *first.Locations[0].PhysicalLocation.Region.StartLine)
}

func TestNoTwoFindingsShareAFingerprint(t *testing.T) {
	seen := map[string]bool{}
	for _, result := range run(t, many(1000)).Results {
		for name, value := range result.PartialFingerprints {
			assert.Equal(t, "taffrailFinding/v1", name)
			assert.False(t, seen[value])
			seen[value] = true
		}
	}
	assert.Len(t, seen, 1000)
}
