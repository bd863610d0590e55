package report

import (
	"strings"

	"taffrail.dev/taffrail/guardrail"
)

// MessageOf is a finding without what a result has fields for.
func MessageOf(f *guardrail.Finding) string {
	text := strings.TrimPrefix(f.String(), f.Validator+": ")
	return strings.TrimPrefix(text, f.Path.String()+": ")
}
