package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/printable"
)

// tally counts findings by what follows from them.
type tally struct{ denied, warned, audited int }

func (t *tally) add(action v1alpha1.Action) {
	switch action {
	case v1alpha1.Deny:
		t.denied++
	case v1alpha1.Audit:
		t.audited++
	default:
		t.warned++
	}
}

func (t tally) compare(other tally) int {
	return cmp.Or(cmp.Compare(t.denied, other.denied), cmp.Compare(t.warned, other.warned), cmp.Compare(t.audited, other.audited))
}

// row is a line of a table.
type row struct {
	tally
	name                  string
	check                 string
	rule                  bool
	workloads, namespaces map[string]bool
}

// table has its rows worst first, and where they are at the end.
type table struct {
	title string
	rows  []row
	// within says that each row is of a single namespace.
	within bool
}

func (r *Report) byCheck() table {
	guardrails := map[string]bool{}
	for i := range r.Results {
		guardrails[r.Results[i].Guardrail] = true
	}
	t := table{title: "CHECK (GUARDRAIL)"}
	name := func(f *Result) string { return f.Validator + " (" + f.Guardrail + ")" }
	if len(guardrails) == 1 {
		t.title = "CHECK OF " + slices.Collect(maps.Keys(guardrails))[0]
		name = func(f *Result) string { return f.Validator }
	}
	t.rows = r.count(name)
	return t
}

func (r *Report) byNamespace() table {
	return table{title: "NAMESPACE", within: true, rows: r.count(func(f *Result) string { return namespaceOf(f.Owner) })}
}

func namespaceOf(o Object) string { return cmp.Or(o.Namespace, "(in none)") }

// count counts results by a name, worst first.
func (r *Report) count(name func(*Result) string) (all []row) {
	rows := map[string]*row{}
	for i := range r.Results {
		f := &r.Results[i]
		key := name(f)
		if rows[key] == nil {
			rows[key] = &row{name: key, check: f.Validator, rule: f.Rule, workloads: map[string]bool{}, namespaces: map[string]bool{}}
		}
		rows[key].add(f.Action)
		rows[key].workloads[f.Owner.String()] = true
		rows[key].namespaces[f.Owner.Namespace] = true
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		all = append(all, *rows[key])
	}
	slices.SortStableFunc(all, func(a, b row) int { return b.compare(a.tally) })
	return all
}

// column is a count of each row, in the style of what it counts.
type column struct {
	title string
	style printable.Style
	of    func(*row) int
}

// columns are those of a table in which anything stands.
func (t *table) columns() []column {
	all := []column{
		{"REFUSED", styleOf(v1alpha1.Deny), func(r *row) int { return r.denied }},
		{"WARNED", styleOf(v1alpha1.Warn), func(r *row) int { return r.warned }},
		{"AUDITED", styleOf(v1alpha1.Audit), func(r *row) int { return r.audited }},
		{"WORKLOADS", printable.Plain, func(r *row) int { return len(r.workloads) }},
	}
	if !t.within {
		all = append(all, column{"NAMESPACES", printable.Plain, func(r *row) int { return len(r.namespaces) }})
	}
	return slices.DeleteFunc(all, func(c column) bool {
		return !slices.ContainsFunc(t.rows, func(r row) bool { return c.of(&r) > 0 })
	})
}

// table writes one, with the names at the end of its lines, where they have room. With most above 0
// it has no more rows than that.
func (p *printer) table(t table, most int) {
	columns := t.columns()
	var titles []string
	for _, c := range columns {
		titles = append(titles, c.title)
	}
	p.line(part{printable.Dim, strings.Join(append(titles, printable.Text(t.title)), "  ")})
	for i := range t.rows {
		if most > 0 && i == most {
			p.line(part{printable.Dim, fmt.Sprintf("and %d more", len(t.rows)-i)})
			break
		}
		var parts []part
		for _, c := range columns {
			n, style := c.of(&t.rows[i]), c.style
			if n == 0 {
				style = printable.Dim
			}
			parts = append(parts, part{style, fmt.Sprintf("%*d", len(c.title), n)}, part{text: "  "})
		}
		p.line(append(parts, part{text: printable.Text(t.rows[i].name)})...)
	}
	p.line()
}
