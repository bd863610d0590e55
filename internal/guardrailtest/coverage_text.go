package guardrailtest

import (
	"fmt"
	"strings"

	"taffrail.dev/taffrail/internal/printable"
)

// write says what no case exercises, a line a guardrail.
func (c *Coverage) write(b *strings.Builder) {
	all := 0
	var missing []string
	for _, g := range c.Guardrails {
		all += len(g.Entries)
		if names := g.Missing(); len(names) > 0 {
			missing = append(missing, fmt.Sprintf("  %s: %s\n", c.nameOf(g), printable.Text(few(names))))
		}
	}
	fmt.Fprintf(b, "coverage %d%% of %s", c.Percent(), count(all, "check")+", rules and defaults")
	if len(missing) > 0 {
		fmt.Fprintf(b, "; no case exercises\n%s", strings.Join(missing, ""))
		return
	}
	b.WriteByte('\n')
}

// mostNamed bounds a list in a line: the table has all.
const mostNamed = 8

func few(names []string) string {
	if more := len(names) - mostNamed; more > 0 {
		return fmt.Sprintf("%s and %d more (--coverage lists them)", strings.Join(names[:mostNamed], ", "), more)
	}
	return strings.Join(names, ", ")
}

// nameOf tells a guardrail from another of the same name.
func (c *Coverage) nameOf(g *GuardrailCoverage) string {
	for _, other := range c.Guardrails {
		if other != g && other.Name == g.Name {
			return printable.Text(fmt.Sprintf("%s (%s)", g.Name, g.From))
		}
	}
	return printable.Text(g.Name)
}

// table lists all of the guardrails, with how many cases exercise it.
func (c *Coverage) table(b *strings.Builder) {
	rows := [][]string{{"GUARDRAIL", "KIND", "NAME", "ACTION", "CASES"}}
	for _, g := range c.Guardrails {
		for _, e := range g.Entries {
			action := string(e.Action)
			if action == "" {
				action = "-"
			}
			rows = append(rows, []string{c.nameOf(g), e.Kind, printable.Text(e.Name), action, fmt.Sprint(e.Cases)})
		}
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			fmt.Fprintf(b, "%-*s  ", widths[i], cell)
		}
		fmt.Fprintf(b, "%*s\n", widths[len(row)-1], row[len(row)-1])
	}
}
