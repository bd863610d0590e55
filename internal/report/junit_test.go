package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/joshdk/go-junit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJUnitIsReadByOthers(t *testing.T) {
	suites, err := junit.Ingest([]byte(written(t, "junit", withErrors(some("web")))))
	require.NoError(t, err)
	byName := map[string]junit.Suite{}
	for _, suite := range suites {
		byName[suite.Name] = suite
	}

	web := byName["deploy/web app.yaml"]
	require.Equal(t, junit.Totals{Tests: 2, Passed: 1, Failed: 1}, web.Totals)
	failed := web.Tests[0]
	assert.Equal(t, "Deployment.shop.web", failed.Classname)
	assert.Equal(t, `image-latest-tag: deployments.apps "web"`, failed.Name)
	assert.Equal(t, junit.StatusFailed, failed.Status)
	assert.Contains(t, failed.Message, "must have a tag other than latest")
	assert.Equal(t, 2, strings.Count(failed.Error.Error(), "deploy/web app.yaml:12:9: Deny image-latest-tag:"))
	warned := web.Tests[1]
	assert.Equal(t, junit.StatusPassed, warned.Status)
	assert.Contains(t, warned.SystemOut, "deploy/web app.yaml:12:9: Warn liveness-probe:")

	db := byName["deploy/db.yaml"]
	require.Equal(t, junit.Totals{Tests: 2, Passed: 1, Skipped: 1}, db.Totals)
	assert.Contains(t, db.Tests[1].Message, "; ignored here (until March), refused by the cluster")

	broken := byName["deploy/broken.yaml"]
	require.Equal(t, junit.Totals{Tests: 1, Error: 1}, broken.Totals)
	assert.Equal(t, "deploy/broken.yaml:3: is no YAML: did not find expected key", broken.Tests[0].Error.Error())
}

// The elements, their attributes and what they hold, as far as Jenkins' schema of version 10 knows them.
var junitKnows = map[string]struct{ attributes, within string }{
	"testsuites": {"name time tests failures errors", ""},
	"testsuite":  {"name tests failures errors group time skipped timestamp hostname id package file log url", "testsuites testsuite"},
	"testcase":   {"name time classname group", "testsuite"},
	"failure":    {"type message", "testcase"},
	"error":      {"type message", "testcase"},
	"skipped":    {"type message", "testcase"},
	"system-out": {"", "testcase testsuite"},
}

func TestJUnitIsAsJenkinsHasIt(t *testing.T) {
	for name, r := range reports() {
		t.Run(name, func(t *testing.T) {
			decoder := xml.NewDecoder(strings.NewReader(written(t, "junit", r)))
			open, cases := []string{""}, 0
			for {
				token, err := decoder.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err)
				switch token := token.(type) {
				case xml.StartElement:
					knows, known := junitKnows[token.Name.Local]
					require.True(t, known, token.Name.Local)
					assert.Contains(t, strings.Split(knows.within, " "), open[len(open)-1])
					for _, attribute := range token.Attr {
						assert.Contains(t, strings.Fields(knows.attributes), attribute.Name.Local)
					}
					open = append(open, token.Name.Local)
					if token.Name.Local == "testcase" {
						cases++
					}
				case xml.EndElement:
					open = open[:len(open)-1]
				}
			}
			assert.Positive(t, cases, "a CI takes a report without cases for a broken one")
		})
	}
}
