package page

import (
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"taffrail.dev/taffrail/internal/audit"
)

// guardrailList is what is in force, with what it finds.
func (v *view) guardrailList() g.Node {
	all := v.report.Guardrails
	if len(all) == 0 {
		return g.Group{heading("Guardrails"), empty("No guardrail is in force.")}
	}
	return g.Group{
		heading("Guardrails", h.Span(h.Class("muted"), g.Textf("%s in force", number(len(all))))),
		g.Map(all[:min(len(all), pageSize)], func(s audit.GuardrailSummary) g.Node { return v.guardrailSection(&s) }),
		g.If(len(all) > pageSize, h.P(h.Class("muted"), g.Textf("and %s more", number(len(all)-pageSize)))),
	}
}

func (v *view) guardrailSection(s *audit.GuardrailSummary) g.Node {
	of := filter{guardrail: s.Name}
	t := tally{s.Denied, s.Warned, s.Audited}
	most := 0
	for _, check := range s.Validators {
		if r := v.byRule[ruleKey{s.Name, check.Name}]; r != nil {
			most = max(most, r.tally.total())
		}
	}
	columns := append([]column{{"Check", ""}, {"Action", ""}}, tallyColumns()...)
	return h.Section(h.ID(id("guardrail", s.Name)),
		h.H2(g.Text(s.Name)),
		h.Dl(h.Class("facts"),
			g.Map(consequences, func(c consequence) g.Node { return h.Div(h.Dt(g.Text(c.label)), h.Dd(v.count(t, c, of))) }),
			h.Div(h.Dt(g.Text("Exempted")), h.Dd(g.Text(number(s.Exempted)))),
			h.Div(h.Dt(g.Text("Objects covered")), h.Dd(g.Text(number(s.Objects)))),
		),
		table("What "+s.Name+" checks", columns, g.Map(s.Validators, func(check audit.ValidatorSummary) g.Node {
			key := ruleKey{s.Name, check.Name}
			name, found := g.Text(check.Name), tally{}
			if r := v.byRule[key]; r != nil {
				name, found = v.ruleLink(key), r.tally
			}
			c := consequenceOf(check.Action)
			return h.Tr(h.Th(h.Scope("row"), name), h.Td(h.Span(h.Class("badge "+c.class), g.Text(string(check.Action))), g.Iff(check.EnforceFrom != nil, func() g.Node {
				return small(g.Text("enforced from " + check.EnforceFrom.UTC().Format(time.DateOnly)))
			})),
				v.tallyCells(found, most, filter{guardrail: s.Name, rule: check.Name}))
		})),
	)
}

// soon is how long before its end an Exemption is shown as about to end.
const soon = 14 * 24 * time.Hour

// exemptionList is what is let through, by whom, why and until when.
func (v *view) exemptionList(f filter) g.Node {
	all := v.report.Exemptions
	if len(all) == 0 {
		return g.Group{heading("Exemptions"), empty("There is no Exemption.")}
	}
	shown, current, pages := paged(all, f.page, pageSize)
	columns := []column{{"Exemption", ""}, {"Namespace", "wide"}, {"Owner", "wide"}, {"Reason", ""}, {"In use", "num"}, {"Last used", "wide"}, {"Expires", ""}}
	return g.Group{
		heading("Exemptions", h.Span(h.Class("muted"), g.Text(plural(len(all), "Exemption")))),
		table("Exemptions", columns, g.Map(shown, v.exemptionRow)),
		pager(current, pages, func(page int) string {
			f.page = page
			return join(v.view("exemptions"), f.query())
		}),
	}
}

func (v *view) exemptionRow(e audit.ExemptionSummary) g.Node {
	return h.Tr(
		h.Th(h.Scope("row"), g.Text(e.Name), smallIn("narrow", g.Text(e.Namespace+", "+e.Owner))),
		h.Td(h.Class("wide"), v.namespaceLink(e.Namespace)),
		h.Td(h.Class("wide"), g.Text(e.Owner)),
		h.Td(h.Class("message"), g.Text(e.Reason)),
		h.Td(h.Class("num"), g.Text(number(e.Used))),
		h.Td(h.Class("wide"), g.Iff(e.LastUsed != nil, func() g.Node { return v.when(*e.LastUsed) }), g.If(e.LastUsed == nil, h.Span(h.Class("muted"), g.Text("never seen")))),
		h.Td(v.expiry(e.Expires)),
	)
}

func (v *view) expiry(t *time.Time) g.Node {
	switch {
	case t == nil:
		return h.Span(h.Class("muted"), g.Text("never"))
	case !t.After(v.now):
		return h.Span(h.Class("deny"), g.Text("expired "), v.when(*t))
	case t.Sub(v.now) < soon:
		return h.Span(h.Class("warn"), v.when(*t))
	}
	return v.when(*t)
}
