package report_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkstyle is the form as its readers know it: their severities are error, warning, info and ignore.
type checkstyle struct {
	XMLName xml.Name `xml:"checkstyle"`
	Version string   `xml:"version,attr"`
	Files   []struct {
		Name   string `xml:"name,attr"`
		Errors []struct {
			Line     int    `xml:"line,attr"`
			Column   int    `xml:"column,attr"`
			Severity string `xml:"severity,attr"`
			Message  string `xml:"message,attr"`
			Source   string `xml:"source,attr"`
		} `xml:"error"`
	} `xml:"file"`
}

func TestCheckstyle(t *testing.T) {
	for name, r := range reports() {
		t.Run(name, func(t *testing.T) {
			var read checkstyle
			require.NoError(t, xml.NewDecoder(strings.NewReader(written(t, "checkstyle", r))).Decode(&read))
			assert.NotEmpty(t, read.Version)
			total := 0
			for _, file := range read.Files {
				assert.NotEmpty(t, file.Name)
				total += len(file.Errors)
				for _, e := range file.Errors {
					assert.Contains(t, []string{"error", "warning", "info"}, e.Severity)
					assert.Positive(t, e.Line)
					assert.NotEmpty(t, e.Message)
					assert.True(t, strings.HasPrefix(e.Source, "taffrail."))
				}
			}
			assert.Equal(t, len(r.Results)+len(r.Errors), total)
		})
	}
}

func TestCheckstyleGroupsByFile(t *testing.T) {
	var read checkstyle
	require.NoError(t, xml.Unmarshal([]byte(written(t, "checkstyle", some("web"))), &read))
	require.Len(t, read.Files, 2)
	assert.Equal(t, "deploy/web app.yaml", read.Files[0].Name)
	first := read.Files[0].Errors[0]
	assert.Equal(t, "error", first.Severity)
	assert.Equal(t, "taffrail.image-latest-tag", first.Source)
	assert.Equal(t, `deployments.apps "web": spec.template.spec.containers[0].image: Invalid value: "nginx": must have a tag other than latest (container "web")`, first.Message)
	ignored := read.Files[1].Errors[1]
	assert.Equal(t, "info", ignored.Severity)
	assert.True(t, strings.HasSuffix(ignored.Message, "; ignored here (until March), refused by the cluster"))
}
