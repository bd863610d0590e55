package page

import (
	"cmp"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"taffrail.dev/taffrail/internal/audit"
)

// column is the head of a table's column.
type column struct {
	label string
	// class is how it looks: num for numbers, wide for what a narrow window leaves out.
	class string
}

// table is a table that scrolls by itself, should a window be too narrow for it.
func table(caption string, columns []column, rows ...g.Node) g.Node {
	return h.Div(h.Class("scroll"), h.TabIndex("0"), h.Role("region"), h.Aria("label", caption),
		h.Table(
			h.Caption(h.Class("unseen"), g.Text(caption)),
			h.THead(h.Tr(g.Map(columns, func(c column) g.Node {
				return h.Th(h.Scope("col"), g.If(c.class != "", h.Class(c.class)), g.Text(c.label))
			}))),
			h.TBody(g.Group(rows)),
		),
	)
}

// tallyColumns head what tallyCells has.
func tallyColumns() []column {
	all := []column{{"", "bar"}}
	for _, c := range consequences {
		all = append(all, column{c.label, "num"})
	}
	all[len(all)-1].class += " wide"
	return all
}

// tallyCells are a bar and the three numbers, each of which leads to its findings.
func (v *view) tallyCells(t tally, most int, f filter) g.Node {
	cells := g.Group{h.Td(h.Class("bar"), bar(t, most))}
	for _, c := range consequences {
		class := "num"
		if c.class == "audit" {
			class += " wide"
		}
		cells = append(cells, h.Td(h.Class(class), v.count(t, c, f)))
	}
	return cells
}

// count is a number that leads to what it counts.
func (v *view) count(t tally, c consequence, f filter) g.Node {
	n := c.count(t)
	if n == 0 {
		return h.Span(h.Class("none"), g.Text("0"))
	}
	f.action = string(c.action)
	return h.Span(h.Class(c.class), v.linkTo(v.findings(f), number(n)))
}

// bar shows a tally as a share of the greatest one of its table.
func bar(t tally, most int) g.Node {
	at := 0.0
	rects := g.Group{}
	for _, c := range consequences {
		width := 100 * float64(c.count(t)) / float64(max(most, 1))
		if width == 0 {
			continue
		}
		width = max(width, 0.7)
		rects = append(rects, g.El("rect", h.Class(c.class), g.Attr("x", decimal(at)), g.Attr("y", "0"), h.Width(decimal(width)), h.Height("8")))
		at += width
	}
	return h.SVG(g.Attr("viewBox", "0 0 100 8"), g.Attr("preserveAspectRatio", "none"), h.Aria("hidden", "true"), rects)
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }

// badge is the consequence of a finding. It has a word, as not everybody sees its color.
func badge(r *audit.Result) g.Node {
	c := consequenceOf(r.Action)
	return h.Span(h.Class("badge "+c.class), g.Text(c.label))
}

func (v *view) ruleLink(key ruleKey) g.Node { return v.linkTo(v.rule(key), key.name) }

func (v *view) namespaceLink(name string) g.Node {
	return v.linkTo(v.namespace(name), cmp.Or(name, "cluster-scoped"))
}

func namespaceTitle(name string) string { return cmp.Or(name, "Cluster-scoped objects") }

func (v *view) workloadLink(key ownerKey) g.Node {
	return h.Span(h.Class("object"), h.Span(h.Class("kind"), g.Text(key.kind)), g.Text(" "), v.linkTo(v.workload(key), key.name))
}

// pager leads to the other pages of a list.
func pager(current, pages int, to func(page int) string) g.Node {
	if pages < 2 {
		return nil
	}
	step := func(page int, rel, label string) g.Node {
		if page < 1 || page > pages {
			return h.Span(h.Class("none"), g.Text(label))
		}
		return h.A(h.Rel(rel), h.Href(to(page)), g.Text(label))
	}
	return h.Nav(h.Class("pager"), h.Aria("label", "Pages"),
		step(current-1, "prev", "← Previous"),
		h.Span(g.Textf("Page %d of %d", current, pages)),
		step(current+1, "next", "Next →"),
	)
}

// pathOf is a path, which breaks after a dot sooner than within a name.
func pathOf(path string) g.Node {
	parts := g.Group{}
	for i, part := range strings.SplitAfter(path, ".") {
		if i > 0 {
			parts = append(parts, h.Wbr())
		}
		parts = append(parts, g.Text(part))
	}
	return parts
}

func empty(text string) g.Node { return h.P(h.Class("empty"), g.Text(text)) }

// small is what is said besides.
func small(content ...g.Node) g.Node { return smallIn("", content...) }

func smallIn(class string, content ...g.Node) g.Node {
	return g.Group{g.Text(" "), h.Small(h.Class(strings.TrimSpace("of "+class)), g.Group(content))}
}
