package guardrail

import (
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/validators"
)

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
	var together map[introduction][]*Finding
	for _, f := range findings {
		if f.Words.Intro == "" {
			lines = append(lines, Line{f, f.text})
			continue
		}
		if together == nil {
			together = map[introduction][]*Finding{}
		}
		by := introductionOf(f)
		if together[by] == nil {
			lines = append(lines, Line{Finding: f})
		}
		together[by] = append(together[by], f)
	}
	for i := range lines {
		if f := lines[i].Finding; f.Words.Intro != "" {
			lines[i].Text = introduced(together[introductionOf(f)])
		}
	}
	return lines
}

// introduction is what findings have in common that are said together.
type introduction struct {
	intro, guardrail, validator         string
	enforceFrom, exemption, exemptUntil string
	existing, softened                  bool
}

func introductionOf(f *Finding) introduction {
	return introduction{
		intro: f.Words.Intro, guardrail: f.Guardrail, validator: f.Validator,
		enforceFrom: f.EnforceFrom, exemption: f.Exemption, exemptUntil: f.ExemptUntil,
		existing: f.Existing, softened: f.Softened,
	}
}

// introduced is a line in somebody else's words, each reason once.
func introduced(findings []*Finding) string {
	first := findings[0]
	b := append(append([]byte(first.Validator), ": "...), first.Words.Intro...)
	said := map[validators.Words]bool{{Intro: first.Words.Intro}: true} // that there is no reason needs no words
	separator := ": "
	var last validators.Words
	for _, f := range findings {
		// All findings of a control have the same detail, which names every container: to look
		// it up for each of them would be quadratic.
		if f.Words == last || said[f.Words] {
			continue
		}
		last, said[f.Words] = f.Words, true
		b = append(append(b, separator...), f.Words.Reason...)
		if f.Words.Detail != "" {
			b = append(append(append(b, " ("...), f.Words.Detail...), ')')
		}
		separator = ", "
	}
	return string(printable.From(first.appendNote(first.appendLenience(b)), 0))
}
