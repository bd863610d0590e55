package page

import (
	"fmt"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// The heat map is as large as one can still look at. More rules are in the list of rules.
const (
	heatRows    = 60
	heatColumns = 24
)

// heatMap is the namespaces against the rules.
func (v *view) heatMap(f filter) g.Node {
	var namespaces []*namespace
	for _, n := range v.failing() {
		if f.says(n.name) {
			namespaces = append(namespaces, n)
		}
	}
	shown, current, pages := paged(namespaces, f.page, heatRows)
	rules := v.rules[:min(heatColumns, len(v.rules))]
	return g.Group{
		heading("Namespaces", h.Span(h.Class("muted"), g.Textf("%s with findings, against the %s", plural(len(namespaces), "namespace"), plural(len(rules), "worst rule")))),
		v.search("namespaces", f, "Filter namespaces"),
		v.heatTable(shown, rules),
		pager(current, pages, func(page int) string { f.page = page; return join(v.view("namespaces"), f.query()) }),
		v.quiet(f),
	}
}

func (v *view) heatTable(namespaces []*namespace, rules []*rule) g.Node {
	if len(namespaces) == 0 {
		return empty("No namespace has a finding.")
	}
	return h.Div(h.Class("scroll"), h.TabIndex("0"), h.Role("region"), h.Aria("label", "Namespaces against rules"),
		h.Table(h.Class("heat"),
			h.Caption(h.Class("unseen"), g.Text("Findings of each namespace by rule, worst first")),
			h.THead(h.Tr(h.Th(h.Scope("col"), g.Text("Namespace")), h.Th(h.Scope("col"), h.Class("num"), g.Text("All")),
				g.Map(rules, func(r *rule) g.Node {
					return h.Th(h.Scope("col"), h.Class("tilted"), h.Div(v.ruleLink(r.key), h.Small(g.Text(r.key.guardrail))))
				}))),
			h.TBody(g.Map(namespaces, func(n *namespace) g.Node {
				return h.Tr(h.Data("row", ""), h.Th(h.Scope("row"), v.namespaceLink(n.name)),
					h.Td(h.Class("num"), v.linkTo(v.findings(filter{namespace: namespaceName(n.name)}), number(n.tally.total()))),
					g.Map(rules, func(r *rule) g.Node { return v.heatCell(n, r) }))
			})),
		),
	)
}

func (v *view) heatCell(n *namespace, r *rule) g.Node {
	t := n.byRule[r.key]
	if t.total() == 0 {
		return h.Td(h.Class("cell"))
	}
	f := filter{namespace: namespaceName(n.name), guardrail: r.key.guardrail, rule: r.key.name}
	label := fmt.Sprintf("%s of %s in %s", plural(t.total(), "finding"), r.key.name, namespaceName(n.name))
	return h.Td(h.Class("cell "+heatOf(t)), h.A(h.Href(v.findings(f)), h.Aria("label", label), g.Text(number(t.total()))))
}

// heatOf is a color and a degree of it.
func heatOf(t tally) string {
	class := "audit"
	switch {
	case t.denied > 0:
		class = "deny"
	case t.warned > 0:
		class = "warn"
	}
	degree := 1
	for _, from := range []int{4, 12, 40} {
		if t.total() >= from {
			degree++
		}
	}
	return fmt.Sprintf("%s heat-%d", class, degree)
}

// quiet are the namespaces without findings: what is not shown at all could as well be forgotten.
func (v *view) quiet(f filter) g.Node {
	rest := v.namespaces[len(v.failing()):]
	if len(rest) == 0 || f.query() != "" {
		return nil
	}
	shown := rest[:min(len(rest), 4*pageSize)]
	return h.Section(h.H2(g.Text("Without a finding")),
		h.Ul(h.Class("plain"), g.Map(shown, func(n *namespace) g.Node {
			s := n.summary
			what := plural(s.Evaluated, "object")
			switch {
			case s.Excluded > 0:
				what = "excluded"
			case s.Evaluated == 0:
				what = "nothing evaluated"
			}
			return h.Li(v.namespaceLink(n.name), g.Text(" "), h.Small(h.Class("muted"), g.Text(what)))
		}), g.If(len(shown) < len(rest), h.Li(g.Textf("and %s more", number(len(rest)-len(shown)))))),
	)
}
