package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/validators"
)

// hostile is what an input may hold: a line of its own with a command for a CI,
// and what moves the cursor, turns text round or hides.
const hostile = "\n::error::pwned\r\n##[error]pwned\n##vso[task.setvariable]\x1b[2J\u009b2J\x7f\x00\u202epwned\u2069\u200b\u2028\t"

// tame is the same without its line breaks, and as long in JSON: whether a diff is shown depends on
// the length of a line.
var tame = strings.ReplaceAll(hostile, "\n", "\f")

// Whatever is in what is read, what is written is lines of the program's own, of
// what can be printed: as many for a line break as for any other character.
func TestNothingInAnInputBeginsALine(t *testing.T) {
	guardrails, err := filepath.Abs("../../deploy/guardrails")
	require.NoError(t, err)
	for name, spoil := range map[string]func(any, string) any{"values": spoilValues, "keys": spoilKeys} {
		t.Run(name, func(t *testing.T) {
			count := func(with string) int {
				input := fixturesWith(t, func(object any) any { return spoil(object, with) })
				lines := printed(t, input, "check", "--guardrails", guardrails, "-")
				require.Greater(t, len(lines), 50)
				return len(lines)
			}
			assert.Equal(t, count(tame), count(hostile))
		})
	}
}

func TestJSONIsPrintableAndSaysTheSame(t *testing.T) {
	input := fixturesWith(t, func(object any) any { return spoilValues(object, hostile) })
	var out bytes.Buffer
	run(context.Background(), []string{"check", "-o", "json", "-"}, streams{in: strings.NewReader(input), out: &out, err: &bytes.Buffer{}})
	assertPrintable(t, out.String())
	var report struct {
		Results []struct{ Namespace, Name string }
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &report))
	require.NotEmpty(t, report.Results)
	assert.True(t, strings.HasSuffix(report.Results[0].Name, hostile), "%q", report.Results[0].Name)
}

func TestFilesWithHostileNamesAndMistakes(t *testing.T) {
	dir := t.TempDir()
	name := strings.NewReplacer("\x00", "", "/", "").Replace("a" + hostile + ".yaml")
	for file, content := range map[string]string{
		name:          "apiVersion: v1\nkind: Pod\nspec: {containers: [{\"na\\u001bme\": 1}]}\n",
		"::error::b":  "no manifest\n",
		"::error.yml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {\"a\\n::b\": 1}}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644))
	}
	t.Chdir(dir)
	for _, args := range [][]string{
		{"check", "-o", "concise", name},
		{"check", "-o", "concise", "::error::b"},
		{"check", "-o", "concise", "::error.yml"},
		{"check", "-o", "concise", "."},
		{"check", "-o", "concise", "::no such file\n::error"},
		{"check", "-o", "concise", "--guardrails", name, "::error.yml"},
		{"check", "-o", "concise", "--guardrails", "no\n::such", "::error.yml"},
		{"check", "-o", "concise", "--guardrails", ".", "::error.yml"},
		{"test", name},
		{"test", "::error::b"},
		{"test", "."},
		{"test", "--run", "\n::error\x1b", "."},
		{"test", "-o", "\n::error\x1b", "."},
		{"serve", "--guardrails", name},
		{"explain", "a\n::error\x1b"},
		{"a\n::error\x1b"},
		{"--a\n::error\x1b"},
		{"check", "-o", "\n::error\x1b"},
	} {
		for _, line := range printed(t, "", args...) {
			assert.NotEmpty(t, line, "%q", args)
		}
	}
}

func TestGuardrailsWithHostileNames(t *testing.T) {
	guardrail := `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: "a` + `\n::error::\e[2J"}
spec: {validators: [{name: image-latest-tag}]}
`
	file := filepath.Join(t.TempDir(), "g.yaml")
	require.NoError(t, os.WriteFile(file, []byte(guardrail), 0o644))
	printed(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n", "check", "--guardrails", file, "-")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(guardrail, "image-latest-tag", `"\n::\e"`, 1)), 0o644))
	printed(t, "", "check", "--guardrails", file, "-")
}

// printed are the lines that the program prints, of which each can be.
func printed(t *testing.T, input string, args ...string) []string {
	t.Helper()
	var out, errs bytes.Buffer
	run(context.Background(), args, streams{in: strings.NewReader(input), out: &out, err: &errs})
	assertPrintable(t, out.String())
	assertPrintable(t, errs.String())
	return strings.Split(strings.TrimSuffix(out.String()+errs.String(), "\n"), "\n")
}

func assertPrintable(t *testing.T, text string) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		assert.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), "%q", line)
		assert.False(t, strings.HasPrefix(line, "pwned"), "%q", line)
		assert.NotContains(t, line, "##[")
		assert.NotContains(t, line, "##vso[")
		for _, r := range line {
			if !strconv.IsPrint(r) {
				assert.Fail(t, "cannot be printed", "%q in %q", r, line)
				return
			}
		}
	}
}

// fixturesWith are the fixtures of all checks that fail, changed.
func fixturesWith(t *testing.T, change func(any) any) string {
	t.Helper()
	files, err := fs.Glob(validators.Fixtures, "testdata/*/fail-*.yaml")
	require.NoError(t, err)
	var input strings.Builder
	for _, file := range files {
		data, err := validators.Fixtures.ReadFile(file)
		require.NoError(t, err)
		var object map[string]any
		require.NoError(t, yaml.Unmarshal(data, &object))
		kind, version := object["kind"], object["apiVersion"]
		object = change(object).(map[string]any)
		object["kind"], object["apiVersion"] = kind, version
		encoded, err := json.Marshal(object)
		require.NoError(t, err)
		input.WriteString("---\n" + string(encoded) + "\n")
	}
	return input.String()
}

func spoilValues(value any, with string) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			value[key] = spoilValues(inner, with)
		}
	case []any:
		for i, inner := range value {
			value[i] = spoilValues(inner, with)
		}
	case string:
		return value + with
	}
	return value
}

// spoilKeys spoils the names of what people may name: labels, limits, data.
func spoilKeys(value any, with string) any {
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, inner := range value {
			switch key {
			case "labels", "annotations", "limits", "requests", "data", "matchLabels", "nodeSelector":
				if named, ok := inner.(map[string]any); ok {
					spoilt := map[string]any{}
					for name, v := range named {
						spoilt[name+with] = v
					}
					inner = spoilt
				}
			case "name": // of an env variable, a container, the object
				inner = spoilValues(inner, with)
			}
			out[key] = spoilKeys(inner, with)
		}
		return out
	case []any:
		for i, inner := range value {
			value[i] = spoilKeys(inner, with)
		}
	}
	return value
}
