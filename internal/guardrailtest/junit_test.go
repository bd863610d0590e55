package guardrailtest

import (
	"bytes"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/joshdk/go-junit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing them")

// examples are the files of the transcripts.
const examples = "../../cmd/taffrail/testdata/test/"

func runOn(t *testing.T, args ...string) *Results {
	t.Helper()
	suite := Load(nil, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), args...)
	return suite.Run(t.Context(), nil)
}

// A reader that is not ours finds every case, what became of it, and what could not be read.
func TestJUnitIsReadByAnother(t *testing.T) {
	results := runOn(t, examples+"pass.yaml", examples+"fail.yaml", examples+"broken")
	var b bytes.Buffer
	require.NoError(t, results.JUnit(&b))
	suites, err := junit.Ingest(b.Bytes())
	require.NoError(t, err)

	passed, failed, errors := 0, 0, 0
	names := map[string]junit.Status{}
	for _, suite := range suites {
		passed, failed, errors = passed+suite.Totals.Passed, failed+suite.Totals.Failed, errors+suite.Totals.Error
		for _, test := range suite.Tests {
			names[suite.Name+": "+test.Name] = test.Status
			if suite.Name == "wrong" && test.Name == "other defaults" {
				assert.Equal(t, "the object is not as expected", test.Message)
				assert.Contains(t, test.Error.Error(), "fail.yaml:44:5: FAIL")
				assert.Contains(t, test.Error.Error(), "\n    -        cpu: 200m\n    +        cpu: 100m\n")
			}
		}
	}
	assert.Equal(t, []int{len(results.Results) - results.Failed(), results.Failed(), len(results.Errors)}, []int{passed, failed, errors})
	assert.NotZero(t, errors)
	for _, one := range results.Results {
		status, found := names[one.FullName()]
		assert.True(t, found, one.FullName())
		assert.Equal(t, len(one.Failures) > 0, status == junit.StatusFailed, one.FullName())
	}
}

// The form is that of junit-10.xsd.
func TestJUnitGolden(t *testing.T) {
	const file = "testdata/junit.xml"
	results := runOn(t, examples+"fail.yaml", examples+"several")
	for _, one := range results.Results {
		one.Took = 0
	}
	var b bytes.Buffer
	require.NoError(t, results.JUnit(&b))
	if *update {
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), b.String(), "`make generate` writes what is written now")
}
