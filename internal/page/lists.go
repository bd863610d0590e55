package page

import (
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// ruleList is every rule with findings.
func (v *view) ruleList(f filter) g.Node {
	var rules []*rule
	for _, r := range v.rules {
		if f.says(r.key.guardrail, r.key.name, r.severity) {
			rules = append(rules, r)
		}
	}
	shown, current, pages := paged(rules, f.page, pageSize)
	return g.Group{
		heading("Rules", h.Span(h.Class("muted"), g.Textf("%s with findings", number(len(rules))))),
		v.search("rules", f, "Filter rules"),
		v.ruleTable(shown),
		pager(current, pages, func(page int) string { f.page = page; return join(v.view("rules"), f.query()) }),
	}
}

// workloadList is every workload with findings.
func (v *view) workloadList(f filter) g.Node {
	var workloads []*owner
	for _, w := range v.workloads {
		if (f.kind == "" || strings.EqualFold(f.kind, w.key.kind)) && (f.namespace == "" || f.namespace == namespaceName(w.key.namespace)) &&
			f.says(w.key.namespace, w.key.kind, w.key.name) {
			workloads = append(workloads, w)
		}
	}
	shown, current, pages := paged(workloads, f.page, pageSize)
	return g.Group{
		heading("Workloads", h.Span(h.Class("muted"), g.Textf("%s with findings", number(len(workloads))))),
		v.search("workloads", f, "Filter workloads"),
		v.workloadTable(shown, true),
		pager(current, pages, func(page int) string { f.page = page; return join(v.view("workloads"), f.query()) }),
	}
}

// search is the filter of a list by words. With script it hides rows while one types.
func (v *view) search(view string, f filter, label string) g.Node {
	return h.Form(h.Class("filter"), h.Method("get"), h.Action(v.view(view)), h.Role("search"),
		h.Label(h.For("q"), h.Class("unseen"), g.Text(label)),
		h.Input(h.ID("q"), h.Name("q"), h.Type("search"), h.Value(f.text), h.Placeholder(label), h.AutoComplete("off"), h.Data("filter", "")),
		h.Button(h.Type("submit"), g.Text("Filter")),
		g.If(f.query() != "", h.A(h.Class("clear"), h.Href(v.view(view)), g.Text("Clear"))),
	)
}
