package guardrail

import "slices"

// Line is what people read of a finding, or of several that are said together.
type Line struct {
	// Finding is the first of them.
	*Finding
	Text string
}

// Lines are what people read of findings: a line each, but for those that
// somebody else's words introduce, which are one line together.
func Lines(findings []*Finding) []Line {
	lines := make([]Line, 0, len(findings))
	for i, f := range findings {
		if f.Words.Intro == "" {
			lines = append(lines, Line{f, f.text})
			continue
		}
		together := func(other *Finding) bool {
			return other.Words.Intro == f.Words.Intro && other.Guardrail == f.Guardrail && other.Validator == f.Validator &&
				other.EnforceFrom == f.EnforceFrom && other.Existing == f.Existing && other.Softened == f.Softened &&
				other.Exemption == f.Exemption && other.ExemptUntil == f.ExemptUntil
		}
		if !slices.ContainsFunc(findings[:i], together) {
			lines = append(lines, Line{f, introduced(f, findings[i:], together)})
		}
	}
	return lines
}

// introduced is a line in somebody else's words, each reason once.
func introduced(first *Finding, findings []*Finding, together func(*Finding) bool) string {
	b := append(append([]byte(first.Validator), ": "...), first.Words.Intro...)
	said := map[string]bool{"": true}
	separator := ": "
	for _, f := range findings {
		if !together(f) || said[f.Words.Reason+f.Words.Detail] {
			continue
		}
		said[f.Words.Reason+f.Words.Detail] = true
		b = append(append(b, separator...), f.Words.Reason...)
		if f.Words.Detail != "" {
			b = append(append(append(b, " ("...), f.Words.Detail...), ')')
		}
		separator = ", "
	}
	return string(first.appendLenience(b))
}
