package page

import (
	"context"
	"net/http"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"taffrail.dev/taffrail/internal/audit"
)

// Preview is what would become different of what is running, were guardrails other ones.
type Preview struct {
	Groups []PreviewGroup
	// Notes are what could not be told, and what else one should know.
	Notes []string
}

// PreviewGroup are findings that the same becomes of.
type PreviewGroup struct {
	// Title is what becomes of them: "Newly refused".
	Title string
	// Worse says that somebody will be stopped by it.
	Worse   bool
	Results []audit.Result
}

// maxPreview bounds what is posted. No Guardrail of a cluster is greater than a request to its API
// server may be, which is about as much.
const maxPreview = 1 << 20

func (v *view) previewForm(text, failure string, found *Preview) g.Node {
	return g.Group{
		heading("Preview"),
		h.P(h.Class("say"), g.Text("Paste Guardrails. What is running is evaluated by them in place of those in force, and nothing is changed.")),
		h.Form(h.Class("preview"), h.Method("post"), h.Action(v.view("preview")),
			h.Label(h.For("guardrails"), g.Text("Guardrails, as YAML")),
			h.Textarea(h.ID("guardrails"), h.Name("guardrails"), h.Rows("16"), h.Required(), g.Attr("spellcheck", "false"), g.Text(text)),
			h.Button(h.Type("submit"), h.Class("primary"), g.Text("Preview")),
		),
		g.If(failure != "", h.Div(h.Class("failure"), h.Role("alert"), h.Pre(g.Text(failure)))),
		g.Iff(found != nil, func() g.Node { return v.previewed(found) }),
	}
}

func (v *view) previewed(found *Preview) g.Node {
	groups := g.Group{}
	for _, group := range found.Groups {
		if len(group.Results) > 0 {
			groups = append(groups, v.previewGroup(&group))
		}
	}
	if len(groups) == 0 {
		groups = append(groups, empty("Nothing would become different."))
	}
	return h.Section(h.ID("result"), h.Aria("label", "What would become different"), groups,
		g.If(len(found.Notes) > 0, h.Div(h.Class("notes"), h.Ul(g.Map(found.Notes[:min(len(found.Notes), pageSize)], func(note string) g.Node { return h.Li(g.Text(note)) })))))
}

func (v *view) previewGroup(group *PreviewGroup) g.Node {
	shown := group.Results[:min(len(group.Results), pageSize)]
	columns := []column{{"Workload", ""}, {"Namespace", "wide"}, {"Rule", "wide"}, {"What must be", ""}}
	class := "muted"
	if group.Worse {
		class = "deny"
	}
	return g.Group{
		h.Div(h.Class("heading"), h.H2(g.Text(group.Title)), h.Span(h.Class(class), g.Text(number(len(group.Results))))),
		table(group.Title, columns, g.Map(shown, func(r audit.Result) g.Node {
			key := keyOf(r.Owner)
			return h.Tr(h.Th(h.Scope("row"), v.workloadLink(key), smallIn("narrow", g.Text(namespaceName(key.namespace)))),
				h.Td(h.Class("wide"), v.namespaceLink(key.namespace)),
				h.Td(h.Class("wide"), g.Text(r.Validator), small(g.Text(r.Guardrail))),
				h.Td(h.Class("message"), g.Text(r.Message), smallIn("path", g.Text(r.Path))))
		})),
		g.If(len(shown) < len(group.Results), h.P(h.Class("muted"), g.Textf("and %s more; taffrail plan lists all", number(len(group.Results)-len(shown))))),
	}
}

// previewOf evaluates what was posted. A failure is what was wrong with it.
func (p *Page) previewOf(ctx context.Context, w http.ResponseWriter, r *http.Request) (text string, found *Preview, failure string) {
	r.Body = http.MaxBytesReader(w, r.Body, maxPreview)
	if err := r.ParseForm(); err != nil {
		return "", nil, "The text cannot be read, or is longer than 1 MiB: " + err.Error()
	}
	text = r.PostForm.Get("guardrails")
	found, err := p.options.Preview(ctx, []byte(text))
	if err != nil {
		return text, nil, err.Error()
	}
	return text, found, ""
}
