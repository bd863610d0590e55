package page

import (
	"cmp"
	"context"
	"net/http"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
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
	Worse bool
	Rows  []PreviewRow
}

// PreviewRow is what becomes of a workload.
type PreviewRow struct {
	Kind, Namespace, Name string
	// Objects are how many of the workload's it is about.
	Objects int
	// Rule is the check, the rule or the default that does it, Message what it says, and Path of what.
	Guardrail, Rule, Path, Message string
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
		if len(group.Rows) > 0 {
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
	shown := group.Rows[:min(len(group.Rows), pageSize)]
	columns := []column{{"Workload", ""}, {"Namespace", "wide"}, {"Rule", "wide"}, {"What it says", ""}, {"Objects", "num wide"}}
	class := "muted"
	if group.Worse {
		class = "deny"
	}
	return g.Group{
		h.Div(h.Class("heading"), h.H2(g.Text(group.Title)), h.Span(h.Class(class), g.Text(number(len(group.Rows))))),
		table(group.Title, columns, g.Map(shown, v.previewRow)),
		g.If(len(shown) < len(group.Rows), h.P(h.Class("muted"), g.Textf("and %s more; taffrail plan lists all", number(len(group.Rows)-len(shown))))),
	}
}

func (v *view) previewRow(r PreviewRow) g.Node {
	name := g.Text(r.Name)
	for _, w := range v.workloads {
		if w.key.kind == r.Kind && w.key.namespace == r.Namespace && w.key.name == r.Name {
			name = link(v.workload(w.key), r.Name) // it has findings now, too
			break
		}
	}
	place := g.Text(cmp.Or(r.Namespace, "cluster-scoped"))
	if v.byNamespace[r.Namespace] != nil {
		place = v.namespaceLink(r.Namespace)
	}
	return h.Tr(
		h.Th(h.Scope("row"), h.Span(h.Class("object"), h.Span(h.Class("kind"), g.Text(r.Kind)), g.Text(" "), name), smallIn("narrow", g.Text(namespaceName(r.Namespace)))),
		h.Td(h.Class("wide"), place),
		h.Td(h.Class("wide"), g.Text(r.Rule), small(g.Text(r.Guardrail))),
		h.Td(h.Class("message"), g.Text(r.Message), g.If(r.Path != "", smallIn("path", pathOf(r.Path)))),
		h.Td(h.Class("num wide muted"), g.Text(number(r.Objects))))
}

// previewLasts bounds a preview, which lists what is running once more.
const previewLasts = 2 * time.Minute

// previewOf evaluates what was posted, one at a time: each lists and evaluates the whole cluster, which
// nobody may multiply by asking often. A failure is what was wrong with it.
func (p *Page) previewOf(ctx context.Context, w http.ResponseWriter, r *http.Request) (text string, found *Preview, failure string) {
	r.Body = http.MaxBytesReader(w, r.Body, maxPreview)
	if err := r.ParseForm(); err != nil {
		return "", nil, "The text cannot be read, or is longer than 1 MiB: " + err.Error()
	}
	text = r.PostForm.Get("guardrails")
	if !p.previewing.TryLock() {
		return text, nil, "Another preview is being made; try again in a moment."
	}
	defer p.previewing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, previewLasts)
	defer cancel()
	found, err := p.options.Preview(ctx, []byte(text))
	if err != nil {
		return text, nil, err.Error()
	}
	return text, found, ""
}
