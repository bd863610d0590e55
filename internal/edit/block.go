package edit

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// block writes what comes to a list or a mapping whose parts are on lines of their own, and what goes.
func (w *writer) block(v *value, parts []part, added []addition) error {
	w.removeLines(parts)
	column := v.slot.column(w.text)
	for _, a := range added {
		if a.after < 0 {
			w.at = inText
			w.edit(parts[0].start, parts[0].start, w.blockPart(a, v, column)+w.newline()+spaces(column))
			continue
		}
		end := leftEnd(parts[a.after])
		if w.endsOpen(parts[a.after].node, end) {
			return errors.New("a block of text at the end of the file has no line end: nothing can be put behind it")
		}
		w.at = lineEnd(w.text, end)
		w.edit(w.at, w.at, w.newline()+spaces(column)+w.blockPart(a, v, column))
	}
	return nil
}

// blockPart is an entry or an item as it is written in a block.
func (w *writer) blockPart(a addition, v *value, column int) string {
	if v.isList() {
		gap := w.gap(v.slot)
		return "-" + spaces(gap-1) + w.inPlace(a.data, column+gap)
	}
	return w.scalar(a.name, false, 0) + ":" + w.behindKey(a.data, column)
}

// leftEnd is where a part ends when what is to be removed of it has gone.
func leftEnd(p part) int {
	v := p.value
	if v == nil || v.fresh || !v.open || v.slot.flow || v.slot.kind == alias {
		return p.node.end
	}
	end := -1
	for _, one := range v.items {
		if one.slot != nil {
			end = max(end, leftEnd(part{node: one.slot, value: one}))
		}
	}
	for _, f := range v.fields {
		if f.value.slot != nil {
			end = max(end, leftEnd(part{node: f.value.slot, value: f.value}))
		}
	}
	for _, e := range v.slot.entries {
		if e.merge {
			end = max(end, e.value.end)
		}
	}
	if end < 0 {
		return p.node.end
	}
	return end
}

// endsOpen tells of a block of text whose last line would get a line end that it does not have.
func (w *writer) endsOpen(n *node, end int) bool {
	for n.kind != scalar {
		switch {
		case n.flow || n.kind == alias:
			return false
		case n.kind == sequence:
			n = n.items[len(n.items)-1].value
		default:
			n = n.entries[len(n.entries)-1].value
		}
	}
	return end == len(w.text) && n.end == end && n.isBlockScalar(w.text) && bytes.IndexByte(w.text[n.content:lineEnd(w.text, n.content)], '-') < 0
}

func (n *node) isBlockScalar(text []byte) bool {
	return n.kind == scalar && n.content < n.end && (text[n.content] == '|' || text[n.content] == '>')
}

// column is that of the parts of a block.
func (n *node) column(text []byte) int {
	return len([]rune(string(text[lineStart(text, n.content):n.content])))
}

// removeLines removes parts. The first may begin behind a dash, where what is left has to begin then.
func (w *writer) removeLines(parts []part) {
	first := 0
	if parts[0].gone && !w.ownsLine(parts[0].start) {
		first = slices.IndexFunc(parts, func(p part) bool { return !p.gone })
		if between := w.text[parts[0].start:parts[first].start]; bytes.Contains(between, []byte("#")) {
			first = 1 // a comment stays where it is, and so does the dash
			w.edit(parts[0].start, parts[0].node.end, "")
		} else {
			w.edit(parts[0].start, parts[first].start, "")
		}
	}
	for _, p := range parts[first:] {
		if p.gone {
			w.removeLine(p)
		}
	}
}

func (w *writer) ownsLine(at int) bool {
	return len(bytes.TrimLeft(w.text[lineStart(w.text, at):at], " ")) == 0
}

func (w *writer) removeLine(p part) {
	start, end := lineStart(w.text, p.start), lineEnd(w.text, p.node.end)
	if next := nextLine(w.text, end); next > end {
		if len(bytes.TrimLeft(w.text[next:], " ")) == 0 {
			next = len(w.text) // blanks without an end of line would be part of a text before them
		}
		w.edit(start, next, "")
		return
	}
	w.edit(start, end, "") // the end of the line before stays: a text in it may count it
}

// replace writes a value anew in the place of another.
func (w *writer) replace(n *node, data any) {
	w.at = inText
	switch {
	case n.inFlow && n.end == n.after: // there is nothing yet, and a:1 is one word
		w.edit(n.after, n.after, " "+w.inFlow(data, n))
	case n.inFlow:
		w.edit(n.kept(), n.end, w.inFlow(data, n))
	case isEmpty(data):
		w.replaceByLine(n, data)
	case n.after == 0:
		w.edit(n.kept(), n.end, w.inPlace(data, 0))
	case w.text[n.after-1] == '-' && !n.anchored:
		w.replaceItem(n, data)
	default:
		w.replaceByLines(n, data)
	}
}

// kept is where what is replaced begins. An anchor stays: aliases stand for it.
func (n *node) kept() int {
	if n.anchored {
		return n.content
	}
	return n.start
}

// replaceByLine writes a scalar, or an empty list or mapping.
func (w *writer) replaceByLine(n *node, data any) {
	text := w.scalarOrEmpty(data, n)
	switch start := n.kept(); {
	case n.end == n.after: // there is nothing yet
		w.edit(n.after, n.after, " "+text)
	case n.isBlock() && !w.sameLine(n.after, n.content):
		behind := w.behind(n)
		w.edit(behind, behind, " "+text)
		w.edit(lineEnd(w.text, behind), lineEnd(w.text, n.end), "")
	default:
		w.edit(start, n.end, text)
	}
}

// replaceByLines writes a list or a mapping below its key, or below an anchor.
func (w *writer) replaceByLines(n *node, data any) {
	lines := w.belowKey(data, n.indent)
	if w.text[n.after-1] == '-' {
		lines = w.newline() + spaces(n.indent+2) + w.inPlace(data, n.indent+2)
	}
	behind := w.behind(n)
	if n.isBlock() && !w.sameLine(behind, n.content) {
		w.edit(lineEnd(w.text, behind), lineEnd(w.text, n.end), lines)
		return
	}
	w.edit(behind, n.end, "")
	at := lineEnd(w.text, n.end)
	w.edit(at, at, lines)
}

// replaceItem writes a list or a mapping behind a dash. A comment stays in its line.
func (w *writer) replaceItem(n *node, data any) {
	start, column, gap := n.start, n.indent+1+n.start-n.after, ""
	switch {
	case n.end == n.after, n.isBlock() && !w.sameLine(n.after, n.content):
		start, column, gap = n.after, n.indent+2, " "
	case !w.sameLine(n.after, n.start): // below a comment
		column = n.start - lineStart(w.text, n.start)
	}
	first, rest, several := strings.Cut(gap+w.inPlace(data, column), w.newline())
	if several {
		rest = w.newline() + rest
	}
	w.edit(start, n.end, first)
	at := lineEnd(w.text, n.end)
	w.edit(at, at, rest)
}

// behind is behind the key or dash, or the anchor that stays there.
func (w *writer) behind(n *node) int {
	if !n.anchored {
		return n.after
	}
	end := n.start
	for end < len(w.text) && !isSpace(w.text[end]) {
		end++
	}
	return end
}

func (n *node) isBlock() bool { return (n.kind == mapping || n.kind == sequence) && !n.flow }

func (w *writer) sameLine(a, b int) bool { return bytes.IndexByte(w.text[a:b], '\n') < 0 }

func isEmpty(data any) bool {
	switch d := data.(type) {
	case map[string]any:
		return len(d) == 0
	case []any:
		return len(d) == 0
	}
	return true
}

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }
