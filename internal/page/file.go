package page

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"taffrail.dev/taffrail/internal/audit"
)

// What a file has at most, so that it can still be sent to somebody and opened: some 5 MB.
const (
	fileFindings = 3000
	fileSections = 500
	fileRows     = 200
)

// WriteHTML writes all views of a report as one document that needs no network and has no script.
func WriteHTML(w io.Writer, r *audit.Report) error {
	v := &view{links: links{file: true}, index: newIndex(r), now: time.Now(), inFile: map[string]bool{"#findings": true}}
	workloads := v.chosen()
	out := bufio.NewWriter(w)
	if err := v.single(workloads).Render(out); err != nil {
		return err
	}
	return out.Flush()
}

// chosen are the workloads that the file has the findings of, worst first. What the file has a place
// of is noted: links lead nowhere else.
func (v *view) chosen() []*owner {
	for _, n := range v.failing()[:min(len(v.failing()), fileSections)] {
		v.inFile[v.links.namespace(n.name)] = true
	}
	for _, r := range v.rules[:min(len(v.rules), fileSections)] {
		v.inFile[v.links.rule(r.key)] = true
	}
	for _, s := range v.report.Guardrails[:min(len(v.report.Guardrails), pageSize)] {
		v.inFile[v.guardrail(s.Name)] = true
	}
	findings := 0
	for i, w := range v.workloads {
		if findings += len(w.results); findings > fileFindings && i > 0 {
			return v.workloads[:i]
		}
		v.inFile[v.workload(w.key)] = true
	}
	return v.workloads
}

func (v *view) single(workloads []*owner) g.Node {
	style, icon := asset("page.css"), asset("icon.svg")
	hash := sha256.Sum256(style)
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'"
	return h.Doctype(h.HTML(h.Lang("en"),
		h.Head(
			h.Meta(h.Charset("utf-8")),
			h.Meta(g.Attr("http-equiv", "Content-Security-Policy"), h.Content(policy)),
			h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
			h.Meta(h.Name("color-scheme"), h.Content("light dark")),
			h.Meta(h.Name("referrer"), h.Content("no-referrer")),
			h.TitleEl(g.Text("Audit · Taffrail")),
			h.Link(h.Rel("icon"), h.Href("data:image/svg+xml;base64,"+base64.StdEncoding.EncodeToString(icon))),
			h.StyleEl(g.Raw(string(style))),
		),
		h.Body(h.Class("file"),
			h.A(h.Class("skip"), h.Href("#content"), g.Text("Skip to content")),
			v.header(""),
			h.Main(h.ID("content"), h.TabIndex("-1"), v.fileViews(workloads)),
			v.footer(),
		),
	))
}

func (v *view) fileViews(workloads []*owner) g.Node {
	rows := v.workloads[:min(len(v.workloads), fileRows)]
	namespaces := v.failing()[:min(len(v.failing()), fileSections)]
	rules := v.rules[:min(len(v.rules), fileSections)]
	shown := 0
	for _, w := range workloads {
		shown += len(w.results)
	}
	return g.Group{
		h.Section(h.ID("overview"), h.H1(h.Class("unseen"), g.Text("Audit")), v.numbers(), v.notes()),
		h.Section(h.ID("namespaces"), heading("Namespaces"), v.heatTable(namespaces, v.rules[:min(heatColumns, len(v.rules))]), v.quiet(filter{})),
		h.Section(h.ID("rules"), heading("Rules"), v.ruleTable(rules)),
		h.Section(h.ID("workloads"), heading("Workloads", h.Span(h.Class("muted"), g.Textf("%s of %s", number(len(rows)), number(len(v.workloads))))), v.workloadTable(rows, true)),
		h.Section(h.ID("guardrails"), v.guardrailList()),
		h.Section(h.ID("exemptions"), v.exemptionList(filter{})),
		g.Map(namespaces, func(n *namespace) g.Node {
			return h.Section(h.ID(id("namespace", namespaceName(n.name))), h.H2(g.Text(namespaceTitle(n.name))),
				v.facts(n.summary, n.tally, filter{namespace: namespaceName(n.name)}), v.workloadTable(n.workloads[:min(len(n.workloads), fileRows)], false))
		}),
		g.Map(rules, v.fileRule),
		h.Section(h.ID("findings"), heading("Findings", h.Span(h.Class("muted"), g.Textf("%s of %s", number(shown), number(len(v.worst))))),
			g.If(shown < len(v.worst), h.P(h.Class("say"), g.Text("The rest, of what is less bad, is left out of this file; `taffrail audit -o json` has all."))),
			g.Map(workloads, func(w *owner) g.Node {
				return h.Section(h.ID(id("workload", w.key.segments()...)),
					h.Div(h.Class("heading"), h.H2(g.Text(w.key.name)), h.Span(h.Class("muted"), g.Text(w.key.segments()[1]+" in "), v.namespaceLink(w.key.namespace))),
					g.Map(w.results, v.finding))
			})),
	}
}

// fileRule is a rule with the workloads that break it.
func (v *view) fileRule(r *rule) g.Node {
	workloads := g.Group{}
	var last ownerKey
	for _, f := range r.results {
		key := keyOf(f.Owner)
		if key == last {
			continue
		}
		if last = key; len(workloads) == fileRows {
			workloads = append(workloads, h.Li(g.Textf("and more")))
			break
		}
		workloads = append(workloads, h.Li(v.workloadLink(key), g.Text(" "), h.Small(h.Class("muted"), g.Text(namespaceName(key.namespace)))))
	}
	return h.Section(h.ID(id("rule", r.key.guardrail, r.key.name)),
		h.Div(h.Class("heading"), h.H2(g.Text(r.key.name)), h.Span(h.Class("muted"), g.Text(r.severity+", of the guardrail "), v.linkTo(v.guardrail(r.key.guardrail), r.key.guardrail))),
		g.Iff(!r.own, func() g.Node { return summaryOf(r.key.name) }),
		h.Ul(h.Class("plain"), workloads))
}
