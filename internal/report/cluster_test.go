package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/joshdk/go-junit"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/report"
)

// inCluster is what is found in two objects of a cluster, one of which is in no namespace.
func inCluster() *report.Report {
	r := report.New()
	r.Add(report.Result{
		File: "shop/Deployment/web", Kind: "Deployment", Namespace: "shop", Name: "web", Resource: "pods of Deployment",
		Guardrail: "default", Validator: "image-latest-tag", Action: v1alpha1.Deny, Severity: "medium",
		Path: "spec.containers[0].image", Message: `Invalid value: "nginx": must have a tag other than latest (container "web")`,
	})
	r.Add(report.Result{
		File: "ClusterRole/system:web", Kind: "ClusterRole", Name: "system:web", Resource: "clusterroles.rbac.authorization.k8s.io",
		Guardrail: "default", Validator: "rbac-wildcard", Action: v1alpha1.Warn, Severity: "high",
		Path: "rules[0].verbs[0]", Message: "must name verbs",
	})
	r.Note("could not list secrets: forbidden; the rest is complete")
	return r
}

func writtenOfCluster(t *testing.T, name string) string {
	t.Helper()
	format, found := report.FormatCalled(name)
	require.True(t, found)
	var out bytes.Buffer
	setting := report.Setting{
		Version: "v1.2.3", Path: func(file string) string { return file },
		Cluster: "https://api.example.com", Summary: "1 would be refused, 1 warned, 0 audited in 9 objects",
	}
	require.NoError(t, format.Write(&out, inCluster(), &setting))
	return out.String()
}

func TestSARIFOfAClusterNamesObjectsInPlaceOfFiles(t *testing.T) {
	text := writtenOfCluster(t, "sarif")
	schema, err := jsonschema.NewCompiler().Compile("testdata/sarif-schema-2.1.0.json")
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(document))

	read, err := sarif.FromString(text)
	require.NoError(t, err)
	run := read.Runs[0]
	assert.Contains(t, *run.OriginalUriBaseIds["CLUSTER"].Description.Text, "https://api.example.com")
	require.Len(t, run.Results, 2)
	var places []string
	for _, result := range run.Results {
		artifact := result.Locations[0].PhysicalLocation.ArtifactLocation
		assert.Equal(t, "CLUSTER", *artifact.URIBaseID, "no file of the repository has this name")
		places = append(places, *artifact.URI, *result.Locations[0].LogicalLocations[0].FullyQualifiedName)
	}
	assert.Equal(t, []string{"shop/Deployment/web", "Deployment/shop/web", "ClusterRole/system:web", "ClusterRole/system:web"}, places)
	assert.Contains(t, *run.Results[0].Message.Text, `pods of Deployment "web": spec.containers[0].image: `)
	assert.Contains(t, *run.Invocations[0].ToolExecutionNotifications[0].Message.Text, "could not list secrets")
}

func TestJUnitOfAClusterHasASuiteAWorkload(t *testing.T) {
	text := writtenOfCluster(t, "junit")
	assert.NotContains(t, text, " file=")
	suites, err := junit.Ingest([]byte(text))
	require.NoError(t, err)
	require.Len(t, suites, 3)
	assert.Equal(t, "shop/Deployment/web", suites[0].Name)
	assert.Equal(t, 1, suites[0].Totals.Failed)
	var failure junit.Error
	require.ErrorAs(t, suites[0].Tests[0].Error, &failure)
	assert.Equal(t, `shop/Deployment/web: Deny image-latest-tag: spec.containers[0].image: Invalid value: "nginx": must have a tag other than latest (container "web")`, failure.Body)
	assert.Equal(t, 1, suites[1].Totals.Passed, "what is warned of passes")
	rest := suites[2].Tests[0].SystemOut
	assert.Contains(t, rest, "could not list secrets")
	assert.Contains(t, rest, "1 would be refused, 1 warned")
}
