package reference

import (
	"errors"
	"fmt"
	"strings"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/params"
)

// Snippet is a Guardrail that switches it on.
func (p *Page) Snippet() string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata:\n  name: example\nspec:\n  %s:\n  - name: %s\n", p.List, p.Name)
	if p.List == Validators {
		b.WriteString("    action: Deny  # or Warn, or Audit\n")
	}
	if params := p.exampleParams(); params != "" {
		b.WriteString("    params:\n" + indent(params, "      "))
	}
	return b.String()
}

// exampleParams are the parameters in the documentation; where it has none, the
// defaults; and where these are not enough, those of a fixture.
func (p *Page) exampleParams() string {
	for _, block := range codeBlocks(p.Doc) {
		if p.takesYAML(block) {
			return block
		}
	}
	var b strings.Builder
	for _, param := range p.Parameters {
		if param.Default != "" {
			fmt.Fprintf(&b, "%s: %s\n", param.Name, param.Default)
		}
	}
	if b.Len() == 0 && p.takes(strictly([]byte("{}"))) || p.takesYAML(b.String()) {
		return b.String()
	}
	for _, f := range p.failing() {
		if params := f.params + "\n"; p.takesYAML(params) {
			return params
		}
	}
	return ""
}

// takesYAML tells whether a text is its parameters.
func (p *Page) takesYAML(text string) bool {
	raw, err := yaml.YAMLToJSONStrict([]byte(text))
	return err == nil && string(raw) != "null" && p.takes(strictly(raw))
}

func strictly(raw []byte) params.Decode {
	return func(into any) error {
		strict, err := kjson.UnmarshalStrict(raw, into)
		return errors.Join(append(strict, err)...)
	}
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
