package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPatternsStandForWhatShellsTakeThemFor(t *testing.T) {
	const pod = "{apiVersion: v1, kind: Pod}\n"
	write(t, map[string]string{
		"a.yaml": pod, "b.yml": pod, "notes.md": "[", ".hidden.yaml": "[", "odd[1].yaml": pod,
		"deploy/c.yaml": pod, "deploy/web/d.yaml": pod, "deploy/web/blue/e.json": pod, "deploy/web/blue/values.yaml": "a: 1\n", "deploy/.git/f.yaml": "[",
		"empty/notes.md": "[",
	})
	for pattern, want := range map[string]string{
		"*.yaml":             "a.yaml odd[1].yaml",
		"?.y*ml":             "a.yaml b.yml",
		"[bc].yml":           "b.yml",
		"./*.yml":            "b.yml",
		"*":                  "a.yaml b.yml deploy/c.yaml deploy/web/blue/e.json deploy/web/d.yaml odd[1].yaml",
		"deploy/*.yaml":      "deploy/c.yaml",
		"deploy/*/d.yaml":    "deploy/web/d.yaml",
		"deploy/**/*.yaml":   "deploy/c.yaml deploy/web/d.yaml",
		"deploy/**/*.y*ml":   "deploy/c.yaml deploy/web/d.yaml",
		"deploy/**":          "deploy/c.yaml deploy/web/blue/e.json deploy/web/d.yaml",
		"deploy/**/blue":     "deploy/web/blue/e.json",
		"**/e.json":          "deploy/web/blue/e.json",
		"**/web/**/e.json":   "deploy/web/blue/e.json",
		"odd[1].yaml":        "odd[1].yaml", // what there is needs no pattern
		"deploy/web/../*":    "deploy/c.yaml deploy/web/blue/e.json deploy/web/d.yaml",
		"deploy/.git/*.yaml": "error deploy/.git/f.yaml:1: is no YAML: did not find expected node content",
		"missing/*.yaml":     "error missing/*.yaml: matches no file: see what is there, and whether the pattern begins in the working directory",
		"deploy/*.json":      "error deploy/*.json: matches no file: see what is there, and whether the pattern begins in the working directory",
		"*.md":               "error *.md: matches no .yaml, .yml or .json file",
		"em*":                "error em*: matches no .yaml, .yml or .json file",
		"deploy/[*.yaml":     "error deploy/[*.yaml: is no pattern: must have a ] for each [",
	} {
		t.Run(pattern, func(t *testing.T) {
			var got []string
			input := Read(nil, pattern)
			for _, object := range input.Objects {
				got = append(got, object.File)
			}
			for _, err := range input.Errors {
				got = append(got, "error", err.Error())
			}
			assert.Equal(t, want, strings.Join(got, " "))
		})
	}
}
