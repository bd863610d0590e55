package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What docs/testing-guardrails.md shows is in the examples, whole files and single cases, which
// pass.
func TestTheTestsOfThePageAreThoseOfTheExamples(t *testing.T) {
	page, err := os.ReadFile("../../docs/testing-guardrails.md")
	require.NoError(t, err)
	const dir = "../../examples/testing-guardrails/"
	var examples strings.Builder
	for _, file := range []string{"guardrail.yaml", "tests/first.yaml", "tests/requests.yaml"} {
		text, err := os.ReadFile(dir + file)
		require.NoError(t, err)
		examples.Write(text)
	}
	snippets := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	assert.Greater(t, len(snippets), 7)
	for _, found := range snippets {
		text := found[1]
		for _, one := range regexp.MustCompile(`(?m)^- name: `).Split(text, -1) {
			if one == "" || strings.HasPrefix(text, "apiVersion:") && one != text {
				continue
			}
			if !strings.HasPrefix(text, "apiVersion:") {
				one = regexp.MustCompile(`(?m)^  `).ReplaceAllString(one, "    ")
			}
			assert.Contains(t, examples.String(), one)
		}
	}
	out, notes, code := tested(t, dir+"tests")
	assert.Zero(t, code, out+notes)
	assert.Empty(t, notes)
}

// The example of the API's reference passes.
func TestTheGuardrailTestOfTheReferencePasses(t *testing.T) {
	out, notes, code := tested(t, "../../internal/reference/testdata/api")
	assert.Zero(t, code, out+notes)
	assert.Empty(t, notes)
}
