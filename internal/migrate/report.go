package migrate

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"taffrail.dev/taffrail/internal/migrate/policy"
	"taffrail.dev/taffrail/internal/printable"
)

// WriteJSON writes the report for programs.
func (r *Result) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// WriteText writes the report for people: what is left first, since that is what there is to do.
func (r *Result) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, outcome := range outcomes {
		for i := range r.Rows {
			row := &r.Rows[i]
			if row.Outcome != outcome {
				continue
			}
			fmt.Fprintf(&b, "%-7s %s\n", row.Outcome, printable.Text(row.title()))
			for _, line := range row.lines() {
				fmt.Fprintf(&b, "        %s\n", printable.Text(line))
			}
		}
	}
	for i, note := range r.Notes {
		if i == 0 {
			b.WriteString("\nOf all of them:\n")
		}
		fmt.Fprintf(&b, "- %s\n", printable.Text(note))
	}
	r.provenText(&b)
	fmt.Fprintf(&b, "\n%s\n", r.summary())
	_, err := io.WriteString(w, b.String())
	return err
}

var outcomes = []policy.Outcome{policy.Left, policy.Nearly, policy.Exact}

// title names the policy and the rule.
func (row *Row) title() string {
	name := row.Policy
	if row.Namespace != "" {
		name = row.Namespace + "/" + name
	}
	text := fmt.Sprintf("%s %s %s", row.Source, row.Kind, name)
	if row.Rule != "" && row.Rule != row.Policy {
		text += ", " + row.Rule
	}
	return text
}

// lines say what has become of it.
func (row *Row) lines() (lines []string) {
	if row.Why != "" {
		lines = append(lines, row.Why)
	}
	if row.Instead != "" {
		lines = append(lines, "instead: "+row.Instead)
	}
	lines = append(lines, row.Differences...)
	if len(row.Became) > 0 {
		lines = append(lines, "→ "+strings.Join(row.Became, ", "))
	}
	return lines
}

func (r *Result) summary() string {
	s := r.Summary
	tests := ""
	if s.Tests > 0 {
		tests = fmt.Sprintf(", %s (written with --out)", count(s.Tests, "GuardrailTest"))
	}
	return fmt.Sprintf("%s of %s: %d exact, %d nearly, %d left; %s, %s%s",
		count(s.Rules, "rule"), count(s.Policies, "policy"), s.Exact, s.Nearly, s.Left,
		count(s.Guardrails, "Guardrail"), count(s.Exemptions, "Exemption"), tests)
}

func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "cy"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(what, "y"))
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// WriteMarkdown writes the report as a table. What others have written stands in code spans.
func (r *Result) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### Taffrail: what has become of the policies\n\n%s.\n\n| | policy | rule | became | what to know |\n|---|---|---|---|---|\n", r.summary())
	for _, outcome := range outcomes {
		for i := range r.Rows {
			if row := &r.Rows[i]; row.Outcome == outcome {
				row.markdown(&b)
			}
		}
	}
	for i, note := range r.Notes {
		if i == 0 {
			b.WriteString("\nOf all of them:\n\n")
		}
		fmt.Fprintf(&b, "- %s\n", note)
	}
	r.provenMarkdown(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (row *Row) markdown(b *strings.Builder) {
	var became, know []string
	for _, name := range row.Became {
		became = append(became, span(name))
	}
	for _, text := range append([]string{row.Why, row.Instead}, row.Differences...) {
		if text != "" {
			know = append(know, span(text))
		}
	}
	name := row.Policy
	if row.Namespace != "" {
		name = row.Namespace + "/" + name
	}
	rule := ""
	if row.Rule != "" {
		rule = span(row.Rule)
	}
	fmt.Fprintf(b, "| %s | %s %s | %s | %s | %s |\n", row.Outcome, row.Source, span(row.Kind+" "+name), rule, strings.Join(became, ", "), strings.Join(know, "<br>"))
}

// span is text that is neither a link nor a mention nor the end of a cell.
func span(text string) string {
	return "`" + strings.NewReplacer("`", "'", "|", `\|`, "\n", " ").Replace(printable.Text(text)) + "`"
}
