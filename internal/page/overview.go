package page

import (
	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"taffrail.dev/taffrail/internal/audit"
)

// worstShown are how many rules and namespaces the overview has.
const worstShown = 10

func (v *view) overview() g.Node {
	return g.Group{
		h.H1(h.Class("unseen"), g.Text("Overview")),
		v.numbers(),
		v.notes(),
		h.Div(h.Class("columns"),
			h.Section(h.Aria("labelledby", "worst-rules"),
				subheading("worst-rules", "Worst rules", v.view("rules"), len(v.rules)),
				v.ruleTable(v.rules[:min(worstShown, len(v.rules))]),
			),
			h.Section(h.Aria("labelledby", "worst-namespaces"),
				subheading("worst-namespaces", "Worst namespaces", v.view("namespaces"), len(v.failing())),
				v.namespaceTable(v.failing()[:min(worstShown, len(v.failing()))]),
			),
		),
		h.Section(h.Aria("labelledby", "worst-workloads"),
			subheading("worst-workloads", "Worst workloads", v.view("workloads"), len(v.workloads)),
			v.workloadTable(v.workloads[:min(worstShown, len(v.workloads))], true),
		),
	}
}

func subheading(id, title, to string, of int) g.Node {
	return h.Div(h.Class("heading"), h.H2(h.ID(id), g.Text(title)), g.If(of > worstShown, h.A(h.Class("more"), h.Href(to), g.Textf("all %s", number(of)))))
}

// numbers are what one wants to know first.
func (v *view) numbers() g.Node {
	tiles := g.Group{v.scoreTile()}
	for _, c := range consequences {
		tiles = append(tiles, v.tile(c.class, c.count(v.all), c.sentence, v.findings(filter{action: string(c.action)})))
	}
	return h.Div(h.Class("tiles"), tiles, v.tile("exempt", v.report.Summary.Exempted, "exempted", v.view("exemptions")))
}

func (v *view) tile(class string, n int, what, to string) g.Node {
	if n == 0 {
		class = "none"
	}
	return h.A(h.Class("tile "+class), h.Href(to), h.Strong(g.Text(number(n))), h.Span(g.Text(what)))
}

func (v *view) scoreTile() g.Node {
	percent, scored := scoreOf(v.report.Summary)
	if !scored {
		return h.Div(h.Class("tile score"), h.Strong(h.Class("none"), g.Text("–")), h.Span(g.Text("nothing is evaluated")))
	}
	s := v.report.Summary
	return h.Div(h.Class("tile score"),
		h.Div(h.Strong(g.Text(percentText(percent)), h.Small(g.Text("%"))), h.Span(g.Textf("%s of %s pass", number(s.Passed), plural(s.Evaluated, "object"))), v.scoreBefore()),
		spark(v.scores),
	)
}

// scoreBefore is the score that the page began with.
func (v *view) scoreBefore() g.Node {
	if len(v.scores) < 2 {
		return nil
	}
	first := v.scores[0]
	return h.Span(g.Text(percentText(first.percent)+"% "), v.when(first.at))
}

// notes are what could not be looked at, and what else one should know.
func (v *view) notes() g.Node {
	if len(v.report.Notes) == 0 {
		return nil
	}
	shown := v.report.Notes[:min(len(v.report.Notes), pageSize)]
	return h.Section(h.Class("notes"), h.Aria("labelledby", "notes"),
		h.H2(h.ID("notes"), g.Text("What to know of these numbers")),
		h.Ul(g.Map(shown, func(note string) g.Node { return h.Li(g.Text(note)) }),
			g.If(len(shown) < len(v.report.Notes), h.Li(g.Textf("and %d more", len(v.report.Notes)-len(shown))))),
	)
}

func (v *view) ruleTable(rules []*rule) g.Node {
	if len(rules) == 0 {
		return empty("Nothing breaks a rule.")
	}
	most := 0
	for _, r := range rules {
		most = max(most, r.tally.total())
	}
	columns := append([]column{{"Rule", ""}, {"Severity", "wide"}}, tallyColumns()...)
	columns = append(columns, column{"Workloads", "num wide"})
	return table("Rules, worst first", columns, g.Map(rules, func(r *rule) g.Node {
		return h.Tr(h.Data("row", ""),
			h.Th(h.Scope("row"), v.ruleLink(r.key), small(g.Text(r.key.guardrail))),
			h.Td(h.Class("wide muted"), g.Text(r.severity)),
			v.tallyCells(r.tally, most, filter{guardrail: r.key.guardrail, rule: r.key.name}),
			h.Td(h.Class("num wide"), v.linkTo(v.findings(filter{guardrail: r.key.guardrail, rule: r.key.name}), number(r.workloads))),
		)
	}))
}

func (v *view) namespaceTable(namespaces []*namespace) g.Node {
	if len(namespaces) == 0 {
		return empty("Nothing breaks a rule.")
	}
	most := 0
	for _, n := range namespaces {
		most = max(most, n.tally.total())
	}
	columns := append([]column{{"Namespace", ""}, {"Passed", "num wide"}}, tallyColumns()...)
	return table("Namespaces, worst first", columns, g.Map(namespaces, func(n *namespace) g.Node {
		return h.Tr(h.Data("row", ""),
			h.Th(h.Scope("row"), v.namespaceLink(n.name)),
			h.Td(h.Class("num wide muted"), passedOf(n.summary)),
			v.tallyCells(n.tally, most, filter{namespace: namespaceName(n.name)}),
		)
	}))
}

// passedOf is the share of objects without a finding.
func passedOf(s audit.NamespaceSummary) g.Node {
	percent, scored := scoreOf(s.Summary)
	if !scored {
		return g.Text("–")
	}
	return g.Text(percentText(percent) + "%")
}

func (v *view) workloadTable(workloads []*owner, withNamespace bool) g.Node {
	if len(workloads) == 0 {
		return empty("Nothing breaks a rule.")
	}
	most := 0
	for _, w := range workloads {
		most = max(most, w.tally.total())
	}
	columns := []column{{"Workload", ""}}
	if withNamespace {
		columns = append(columns, column{"Namespace", "wide"})
	}
	return table("Workloads, worst first", append(columns, tallyColumns()...), g.Map(workloads, func(w *owner) g.Node {
		f := filter{namespace: namespaceName(w.key.namespace), kind: w.key.kind, name: w.key.name}
		return h.Tr(h.Data("row", ""),
			h.Th(h.Scope("row"), v.workloadLink(w.key), g.If(withNamespace, smallIn("narrow", g.Text(namespaceName(w.key.namespace))))),
			g.Iff(withNamespace, func() g.Node { return h.Td(h.Class("wide"), v.namespaceLink(w.key.namespace)) }),
			v.tallyCells(w.tally, most, f),
		)
	}))
}
