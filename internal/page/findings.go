package page

import (
	"slices"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"taffrail.dev/taffrail/internal/audit"
)

// findingList is the findings that a filter leaves.
func (v *view) findingList(f filter) g.Node {
	var results []*audit.Result
	for _, r := range v.worst {
		if f.match(r) {
			results = append(results, r)
		}
	}
	shown, current, pages := paged(results, f.page, pageSize)
	return g.Group{
		heading("Findings", h.Span(h.Class("muted"), g.Textf("%s of %s", number(len(results)), number(len(v.worst))))),
		v.findingFilter(f),
		v.findingTable(shown),
		pager(current, pages, func(page int) string { f.page = page; return v.findings(f) }),
	}
}

func (v *view) findingTable(results []*audit.Result) g.Node {
	if len(results) == 0 {
		return empty("There is no such finding.")
	}
	columns := []column{{"", "state"}, {"Workload", ""}, {"Namespace", "wide"}, {"Rule", "wide"}, {"What must be", ""}, {"Objects", "num wide"}}
	return table("Findings, worst workload first", columns, g.Map(results, func(r *audit.Result) g.Node {
		key := keyOf(r.Owner)
		return h.Tr(h.Data("row", ""),
			h.Td(h.Class("state"), badge(r)),
			h.Th(h.Scope("row"), v.workloadLink(key), smallIn("narrow", g.Text(namespaceName(key.namespace)))),
			h.Td(h.Class("wide"), v.namespaceLink(key.namespace)),
			h.Td(h.Class("wide"), v.ruleLink(keyOfRule(r)), g.If(r.Control != "", small(g.Text(r.Control)))),
			h.Td(h.Class("message"), g.Text(r.Message), smallIn("path", pathOf(r.Path))),
			h.Td(h.Class("num wide muted"), g.Text(number(r.Objects))),
		)
	}))
}

// findingFilter is the filter as a form, whose fields become the query of the URL.
func (v *view) findingFilter(f filter) g.Node {
	actions := make([]string, 0, len(consequences))
	for _, c := range consequences {
		actions = append(actions, string(c.action))
	}
	var namespaces, rules []string
	for _, n := range v.failing() {
		namespaces = append(namespaces, namespaceName(n.name))
	}
	for _, r := range v.rules {
		rules = append(rules, r.key.name)
	}
	slices.Sort(rules)
	slices.Sort(namespaces)
	return h.Form(h.Class("filter"), h.Method("get"), h.Action(v.view("findings")), h.Role("search"),
		choice("action", "Consequence", f.action, actions, func(action string) string {
			for _, c := range consequences {
				if string(c.action) == action {
					return c.label
				}
			}
			return action
		}),
		choice("namespace", "Namespace", f.namespace, namespaces, func(name string) string {
			if name == clusterScoped {
				return "cluster-scoped"
			}
			return name
		}),
		choice("rule", "Rule", f.rule, slices.Compact(rules), nil),
		choice("severity", "Severity", f.severity, []string{"Critical", "High", "Medium", "Low"}, nil),
		hidden("guardrail", f.guardrail), hidden("kind", f.kind), hidden("name", f.name),
		h.Label(h.For("q"), h.Class("unseen"), g.Text("Words")),
		h.Input(h.ID("q"), h.Name("q"), h.Type("search"), h.Value(f.text), h.Placeholder("Words"), h.AutoComplete("off"), h.Data("filter", "")),
		h.Button(h.Type("submit"), g.Text("Filter")),
		g.If(f.query() != "", h.A(h.Class("clear"), h.Href(v.view("findings")), g.Text("Clear"))),
	)
}

// maxChoices bounds a list to choose from. What is not in it can be written into the URL.
const maxChoices = 500

func choice(name, label, current string, values []string, say func(string) string) g.Node {
	if current != "" && !slices.Contains(values, current) {
		values = append([]string{current}, values...)
	}
	return h.Label(h.Span(g.Text(label)), h.Select(h.Name(name), h.Data("submit", ""),
		h.Option(h.Value(""), g.Text("any")),
		g.Map(values[:min(len(values), maxChoices)], func(value string) g.Node {
			text := value
			if say != nil {
				text = say(value)
			}
			return h.Option(h.Value(value), g.If(value == current, h.Selected()), g.Text(text))
		}),
	))
}

func hidden(name, value string) g.Node {
	if value == "" {
		return nil
	}
	return h.Input(h.Type("hidden"), h.Name(name), h.Value(value))
}
