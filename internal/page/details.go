package page

import (
	"slices"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/validators"
)

// oneNamespace is what is found in a namespace.
func (v *view) oneNamespace(n *namespace, f filter) g.Node {
	shown, current, pages := paged(n.workloads, f.page, pageSize)
	return g.Group{
		crumbs(link(v.view("namespaces"), "Namespaces")),
		heading(namespaceTitle(n.name)),
		v.facts(n.summary, n.tally, filter{namespace: namespaceName(n.name)}),
		g.If(n.summary.Excluded > 0, h.P(h.Class("say"), g.Text("No guardrail ever matches in this namespace: it is excluded from the webhook, and nothing in it was evaluated."))),
		h.Section(h.H2(g.Text("By rule")), v.ruleTable(n.rules(v.rules))),
		h.Section(h.H2(g.Text("Workloads")), v.workloadTable(shown, false),
			pager(current, pages, func(page int) string {
				return join(v.links.namespace(n.name), filter{page: page}.query())
			})),
	}
}

// rules are those with findings in the namespace, as they are there.
func (n *namespace) rules(all []*rule) (here []*rule) {
	for _, r := range all {
		if t := n.byRule[r.key]; t.total() > 0 {
			one := *r
			one.tally, one.workloads = t, n.workloadsWith(r.key)
			here = append(here, &one)
		}
	}
	sortRules(here)
	return here
}

func (n *namespace) workloadsWith(key ruleKey) (count int) {
	for _, w := range n.workloads {
		for _, r := range w.results {
			if keyOfRule(r) == key {
				count++
				break
			}
		}
	}
	return count
}

// facts are numbers in a line.
func (v *view) facts(s audit.NamespaceSummary, t tally, f filter) g.Node {
	fact := func(name string, value g.Node) g.Node { return h.Div(h.Dt(g.Text(name)), h.Dd(value)) }
	all := g.Group{}
	for _, c := range consequences {
		all = append(all, fact(c.label, v.count(t, c, f)))
	}
	all = append(all, fact("Exempted", g.Text(number(s.Exempted))), fact("Evaluated", g.Text(number(s.Evaluated))), fact("Passed", g.Text(number(s.Passed))))
	if s.Excluded > 0 {
		all = append(all, fact("Excluded", g.Text(number(s.Excluded))))
	}
	return h.Dl(h.Class("facts"), all)
}

// oneRule is what a rule finds.
func (v *view) oneRule(r *rule, f filter) g.Node {
	shown, current, pages := paged(r.results, f.page, pageSize)
	of := filter{guardrail: r.key.guardrail, rule: r.key.name}
	return g.Group{
		crumbs(link(v.view("rules"), "Rules")),
		heading(r.key.name, h.Span(h.Class("muted"), g.Text(r.severity+", of the guardrail "), v.linkTo(v.guardrail(r.key.guardrail), r.key.guardrail))),
		g.Iff(!r.own, func() g.Node { return summaryOf(r.key.name) }),
		h.Dl(h.Class("facts"),
			g.Map(consequences, func(c consequence) g.Node { return h.Div(h.Dt(g.Text(c.label)), h.Dd(v.count(r.tally, c, of))) }),
			h.Div(h.Dt(g.Text("Workloads")), h.Dd(g.Text(number(r.workloads)))),
			h.Div(h.Dt(g.Text("Namespaces")), h.Dd(g.Text(number(r.namespaces)))),
		),
		v.findingTable(shown),
		pager(current, pages, func(page int) string { return join(v.links.rule(r.key), filter{page: page}.query()) }),
	}
}

// summaryOf is what the catalogue says of a check.
func summaryOf(name string) g.Node {
	all := validators.All()
	i := slices.IndexFunc(all, func(v validators.Validator) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return h.P(h.Class("say"), g.Text(all[i].Summary+". "), h.Code(g.Text("taffrail explain "+name)), g.Text(" says more."))
}

// oneWorkload is a workload with its findings, and what would mend each.
func (v *view) oneWorkload(w *owner) g.Node {
	shown := w.results[:min(len(w.results), pageSize)]
	namespace := filter{namespace: namespaceName(w.key.namespace), kind: w.key.kind, name: w.key.name}
	return g.Group{
		crumbs(link(v.view("namespaces"), "Namespaces"), v.namespaceLink(w.key.namespace)),
		heading(w.key.name, h.Span(h.Class("muted"), g.Text(w.key.segments()[1]))),
		h.Dl(h.Class("facts"), g.Map(consequences, func(c consequence) g.Node {
			return h.Div(h.Dt(g.Text(c.label)), h.Dd(v.count(w.tally, c, namespace)))
		})),
		g.Map(shown, v.finding),
		g.If(len(shown) < len(w.results), h.P(link(v.findings(namespace), "all "+plural(len(w.results), "finding")))),
	}
}

// finding is one with what it is about, as YAML.
func (v *view) finding(r *audit.Result) g.Node {
	return h.Article(h.Class("finding"),
		h.Header(badge(r), h.H2(v.ruleLink(keyOfRule(r)), g.If(r.Control != "", h.Small(g.Text(r.Control)))),
			h.Span(h.Class("muted"), g.Text(r.Severity))),
		h.P(h.Class("must"), g.Text(must(r.Message))),
		g.Iff(r.Path != "", func() g.Node { return h.P(h.Class("path"), h.Code(pathOf(r.Path))) }),
		yamlOf(r),
		h.P(h.Class("muted small"), g.Text(advice(r)), g.Text(" "), g.If(r.Objects > 1, g.Textf("%s have it. ", plural(r.Objects, "object"))),
			g.Iff(!r.FirstSeen.IsZero(), func() g.Node { return g.Group{g.Text("First seen "), v.when(r.FirstSeen), g.Text(".")} })),
	)
}

// advice is honest about what the lines of YAML are.
func advice(r *audit.Result) string {
	switch {
	case len(r.Fix) > 0:
		return "This change fixes it."
	case r.Path != "":
		return "No fix can be told: what is right here is yours to choose."
	}
	return ""
}

func yamlOf(r *audit.Result) g.Node {
	lines := diffOf(r)
	if len(lines) == 0 {
		return nil
	}
	classes := map[mark]string{goes: "goes", comes: "comes", offends: "offends"}
	return h.Pre(h.Class("diff"), h.TabIndex("0"), h.Aria("label", "What it is about, as YAML"), h.Code(g.Map(lines, func(l line) g.Node {
		return h.Span(g.If(classes[l.mark] != "", h.Class(classes[l.mark])), g.Text(string(l.mark)+" "+l.text+"\n"))
	})))
}
