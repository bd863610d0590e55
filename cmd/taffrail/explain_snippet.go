package main

import (
	"errors"
	"fmt"
	"strings"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// snippet is a Guardrail that switches the topic on.
func (t *topic) snippet() string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata:\n  name: example\nspec:\n  %s:\n  - name: %s\n", t.list, t.name)
	if t.list == "validators" {
		b.WriteString("    action: Deny  # or Warn, or Audit\n")
	}
	if params := t.exampleParams(); params != "" {
		b.WriteString("    params:\n" + indent(params, "      "))
	}
	return b.String()
}

// exampleParams are the parameters in the documentation, or the defaults where
// it has none.
func (t *topic) exampleParams() string {
	for _, block := range codeBlocks(t.doc) {
		if t.takesYAML(block) {
			return block
		}
	}
	var b strings.Builder
	for _, p := range t.parameters {
		if p.Default != "" {
			fmt.Fprintf(&b, "%s: %s\n", p.Name, p.Default)
		}
	}
	if !t.takesYAML(b.String()) {
		return ""
	}
	return b.String()
}

// takesYAML tells whether a text is parameters of the topic.
func (t *topic) takesYAML(text string) bool {
	raw, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil || string(raw) == "null" {
		return false
	}
	return t.takes(func(into any) error {
		strict, err := kjson.UnmarshalStrict(raw, into)
		return errors.Join(append(strict, err)...)
	})
}

// codeBlocks are the parts of a Markdown text that are indented as code.
func codeBlocks(markdown string) []string {
	var blocks []string
	inside := false
	for line := range strings.Lines(markdown) {
		code, isCode := strings.CutPrefix(line, "    ")
		switch {
		case isCode && inside:
			blocks[len(blocks)-1] += code
		case isCode:
			blocks = append(blocks, code)
		}
		inside = isCode
	}
	return blocks
}
