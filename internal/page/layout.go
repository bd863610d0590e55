package page

import (
	"fmt"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// view is what every view is rendered from.
type view struct {
	links
	*index
	now     time.Time
	cluster string
	scores  []score
	preview bool
	// inFile are the places that links of a file can lead to.
	inFile map[string]bool
}

// section is a view that the navigation leads to.
type section struct{ path, label string }

var sections = []section{
	{"", "Overview"},
	{"namespaces", "Namespaces"},
	{"rules", "Rules"},
	{"workloads", "Workloads"},
	{"findings", "Findings"},
	{"guardrails", "Guardrails"},
	{"exemptions", "Exemptions"},
	{"preview", "Preview"},
}

// document is a whole page. Where names the section that it belongs to.
func (v *view) document(title, where string, content ...g.Node) g.Node {
	return h.Doctype(h.HTML(h.Lang("en"),
		h.Head(
			h.Meta(h.Charset("utf-8")),
			h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
			h.Meta(h.Name("color-scheme"), h.Content("light dark")),
			h.TitleEl(g.Text(title+" · Taffrail")),
			h.Link(h.Rel("icon"), h.Href(v.asset("icon.svg")), h.Type("image/svg+xml")),
			h.Link(h.Rel("stylesheet"), h.Href(v.asset("page.css"))),
			h.Script(h.Src(v.asset("page.js")), h.Defer()),
		),
		h.Body(
			h.A(h.Class("skip"), h.Href("#content"), g.Text("Skip to content")),
			v.header(where),
			h.Main(h.ID("content"), h.TabIndex("-1"), g.Group(content)),
			v.footer(),
		),
	))
}

func (v *view) header(where string) g.Node {
	return h.Header(h.Class("top"),
		h.A(h.Class("brand"), h.Href(v.view("")), mark24(), g.Text("Taffrail")),
		h.Nav(h.Aria("label", "Views"), h.Ul(g.Map(sections, func(s section) g.Node {
			if s.path == "preview" && !v.preview {
				return nil
			}
			return h.Li(h.A(h.Href(v.view(s.path)), g.If(s.path == where, h.Aria("current", "page")), g.Text(s.label)))
		}))),
	)
}

// mark24 is the rail of a ship's stern, as the icon has it.
func mark24() g.Node {
	return h.SVG(h.Class("mark"), g.Attr("viewBox", "0 0 24 24"), h.Aria("hidden", "true"),
		g.El("path", g.Attr("d", "M2 6h20M2 18h20M5 6v12M12 6v12M19 6v12"), g.Attr("fill", "none"), g.Attr("stroke", "currentColor"), g.Attr("stroke-width", "2.5"), g.Attr("stroke-linecap", "round")))
}

func (v *view) footer() g.Node {
	s := v.report.Summary
	return h.Footer(
		h.P(
			g.Iff(v.cluster != "", func() g.Node { return g.Group{h.Span(h.Class("cut"), g.Text(v.cluster)), g.Text(" · ")} }),
			g.Textf("%s of %s evaluated", number(s.Evaluated), plural(s.Objects, "object")),
			g.If(s.Excluded > 0, g.Textf(", %s in namespaces that no guardrail matches in", number(s.Excluded))),
			g.Iff(!v.report.Time.IsZero(), func() g.Node {
				return g.Group{g.Text(" · oldest verdict "), v.when(v.report.Time)}
			}),
		),
	)
}

// heading is a title with what stands beside it.
func heading(title string, beside ...g.Node) g.Node {
	return h.Div(h.Class("heading"), h.H1(g.Text(title)), g.Group(beside))
}

// crumbs lead back to where a view belongs.
func crumbs(nodes ...g.Node) g.Node {
	return h.Nav(h.Class("crumbs"), h.Aria("label", "Breadcrumbs"), h.Ol(g.Map(nodes, func(n g.Node) g.Node { return h.Li(n) })))
}

func link(to, text string) g.Node { return h.A(h.Href(to), g.Text(text)) }

// linkTo is a link, or only its text where a file does not have what it leads to.
func (v *view) linkTo(to, text string) g.Node {
	if v.file && !v.inFile[to] {
		return g.Text(text)
	}
	return link(to, text)
}

func number(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return number(n) + " " + what + "s"
}
