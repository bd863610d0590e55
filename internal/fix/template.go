package fix

import (
	"bytes"
	"regexp"

	"taffrail.dev/taffrail/internal/manifest"
)

const templateAdvice = "is a Helm template, which is left alone: fix the values of the chart, or what it renders, as in `helm template CHART | taffrail fix -`"

// helm is what templates of Helm say, and no manifest does: alerts and dashboards have braces too.
var helm = regexp.MustCompile(`\{\{-?\s*(?:\.Values|\.Release|\.Chart|\.Capabilities|\.Template|include "|toYaml |tpl )`)

// isTemplate tells whether a text is to be rendered before it is a manifest.
func isTemplate(text []byte, input *manifest.Input) bool {
	return len(input.Errors) > 0 && bytes.Contains(text, []byte("{{")) || helm.Match(text)
}
