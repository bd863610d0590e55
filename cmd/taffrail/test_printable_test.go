package main

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a test holds is what its author chose, but a pull request may be anybody's: nothing in it
// begins a line of its own, on a terminal or in a report.
func TestNothingInAGuardrailTestBeginsALine(t *testing.T) {
	quoted := strconv.QuoteToASCII(strings.ReplaceAll(hostile, "\x00", ""))
	quoted = strings.NewReplacer(`\u2028`, `\L`, `\x1b`, `\e`, `\x7f`, `\x7F`).Replace(quoted)
	dir := t.TempDir()
	file, report := filepath.Join(dir, "test.yaml"), filepath.Join(dir, "report.xml")
	for name, test := range map[string]string{
		"a name of a test":   `{metadata: {name: HOSTILE}, spec: {cases: [{name: a, object: POD, expect: {allowed: false}}]}}`,
		"a name of a case":   `{metadata: {name: a}, spec: {cases: [{name: HOSTILE, object: POD, expect: {allowed: false}}]}}`,
		"a message":          `{metadata: {name: a}, spec: {cases: [{name: a, object: POD, expect: {denied: [{validator: pod-security, message: HOSTILE}]}}]}}`,
		"a path":             `{metadata: {name: a}, spec: {cases: [{name: a, object: POD, expect: {denied: [{validator: pod-security, path: HOSTILE}]}}]}}`,
		"a field":            `{metadata: {name: a}, spec: {cases: [{name: a, object: POD, expect: {object: {metadata: {labels: {HOSTILE: HOSTILE}}}}}]}}`,
		"a guardrail":        `{metadata: {name: a}, spec: {guardrails: [HOSTILE], cases: [{name: a, object: POD, expect: {allowed: true}}]}}`,
		"a file":             `{metadata: {name: a}, spec: {cases: [{name: a, file: HOSTILE, expect: {allowed: true}}]}}`,
		"a Namespace":        `{metadata: {name: a}, spec: {cases: [{name: a, object: POD, namespace: {name: HOSTILE}, expect: {denied: [{validator: pod-security}]}}]}}`,
		"an unknown field":   `{metadata: {name: a}, spec: {HOSTILE: 1}}`,
		"a name of an image": `{metadata: {name: a}, spec: {cases: [{name: a, object: {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: HOSTILE, image: HOSTILE}]}}, expect: {allowed: true}}]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			test = strings.NewReplacer("HOSTILE", quoted, "POD", `{apiVersion: v1, kind: Pod, metadata: {name: a}}`).Replace(test)
			text := "{apiVersion: taffrail.dev/v1alpha1, kind: GuardrailTest, " + strings.TrimPrefix(test, "{")
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			lines := printed(t, "", "test", "-v", "-o", "text", "-o", "junit="+report, "--coverage", file)
			assert.NotEmpty(t, lines)
			assert.NotContains(t, strings.Join(lines, "\n"), "is no YAML")

			xmlText, err := os.ReadFile(report)
			require.NoError(t, err)
			assertPrintable(t, string(xmlText))
			require.NoError(t, xml.Unmarshal(xmlText, new(struct{})))
		})
	}
}
