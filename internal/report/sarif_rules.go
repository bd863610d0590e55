package report

import (
	"fmt"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/reference"
)

// sarifRules describe the checks that have found something, and tell their places in that list.
func sarifRules(r *Report) ([]sarifRule, map[string]int) {
	rules, index := []sarifRule{}, map[string]int{}
	pages := catalogue()
	for f := range r.All() {
		id := f.check()
		if _, known := index[id]; known {
			continue
		}
		index[id] = len(rules)
		if page, is := pages[f.Validator]; is && !f.Rule {
			rules = append(rules, sarifRuleOf(&page, f))
			continue
		}
		text := sarifText{Text: fmt.Sprintf("rule %s of Guardrail %s", printable.Text(f.Validator), printable.Text(f.Guardrail))}
		rules = append(rules, sarifRule{
			ID: id, ShortDescription: text, FullDescription: text,
			Default: sarifDefault{sarifLevelOf(f)}, Properties: sarifProperties{Tags: tags(f), SecuritySeverity: securitySeverity(f.Severity)},
		})
	}
	return rules, index
}

func sarifRuleOf(page *reference.Page, f *Result) sarifRule {
	doc := strings.TrimSpace(page.Doc)
	rule := sarifRule{
		ID:               page.Name,
		ShortDescription: sarifText{Text: page.Summary},
		FullDescription:  sarifText{Text: page.Summary},
		Default:          sarifDefault{levelOf(page.Action)},
		Properties:       sarifProperties{Tags: tags(f), SecuritySeverity: securitySeverity(f.Severity)},
	}
	if page.Name == builtin.SchemaName {
		rule.Help = &sarifText{Text: builtin.SchemaPage}
		return rule
	}
	rule.Help = &sarifText{Text: page.Terminal(), Markdown: doc}
	rule.HelpURI = DocumentationOf(page.Name)
	if why, _, _ := strings.Cut(doc, "\n\n"); why != "" {
		rule.FullDescription.Text = strings.ReplaceAll(why, "\n", " ")
	}
	return rule
}

// levelOf is that of what the built-in guardrail does. What it leaves out warns.
func levelOf(action string) string {
	switch v1alpha1.Action(action) {
	case v1alpha1.Deny:
		return failure.sarif()
	case v1alpha1.Audit:
		return note.sarif()
	}
	return warning.sarif()
}

func tags(f *Result) []string {
	all := []string{"kubernetes", "security"}
	if f.Rule {
		return append(all, "rule")
	}
	return all
}

// securitySeverity is a number between those at which GitHub begins another word: 9 for critical, 7 for
// high, 4 for medium.
func securitySeverity(severity string) string {
	switch strings.ToLower(severity) {
	case "critical":
		return "9.5"
	case "high":
		return "8.0"
	case "medium":
		return "5.5"
	}
	return "3.0"
}
