package edit

import (
	"bytes"
	"slices"
	"strings"
)

// flow writes what comes to a list or a mapping in brackets, and what goes.
func (w *writer) flow(v *value, parts []part, added []addition) {
	last := len(parts) - 1
	for parts[last].gone {
		last--
	}
	indent, lines := w.lines(v.slot, parts)
	between := ", "
	if lines {
		between = "," + w.newline() + indent
	}
	var behind []string
	for _, a := range added {
		text := w.flowPart(a, v, indent)
		if a.after >= last {
			behind = append(behind, text)
			continue
		}
		next := a.after + 1 + slices.IndexFunc(parts[a.after+1:], func(p part) bool { return !p.gone })
		w.edit(parts[next].start, parts[next].start, text+between)
	}
	for i, p := range parts[:last] {
		if p.gone { // with its comma
			w.edit(p.start, parts[i+1].start, "")
		}
	}
	switch tail := parts[last+1:]; {
	case len(tail) > 0 && len(behind) > 0:
		w.edit(tail[0].start, tail[len(tail)-1].node.end, strings.Join(behind, between))
	case len(tail) > 0:
		w.removeTail(parts[last].node.end, tail)
	case len(behind) > 0:
		w.appendFlow(parts[last].node.end, behind, indent, lines)
	}
}

// appendFlow puts text behind the last part, which ends at end. A comment stays in its line.
func (w *writer) appendFlow(end int, texts []string, indent string, lines bool) {
	comma, sign := w.comma(end), w.blankAfter(end)+","
	rest := w.text[max(end, comma):lineEnd(w.text, max(end, comma))]
	if blank := bytes.TrimLeft(rest, " \t"); !lines || len(blank) > 0 && blank[0] != '#' {
		w.edit(end, end, sign+" "+strings.Join(texts, ", "))
		return
	}
	if comma < 0 {
		w.edit(end, end, sign)
	}
	text := w.newline() + indent + strings.Join(texts, ","+w.newline()+indent)
	if comma > 0 {
		text += ","
	}
	at := lineEnd(w.text, max(end, comma))
	w.edit(at, at, text)
}

// removeTail removes the last parts, and the comma before them.
func (w *writer) removeTail(end int, tail []part) {
	start, gone := tail[0].start, tail[len(tail)-1].node.end
	if bytes.IndexByte(w.text[end:start], '#') < 0 {
		w.edit(end, start, w.blankAfter(end))
	} else if comma := w.comma(end); comma > 0 {
		w.edit(comma-1, comma, "")
	}
	w.edit(start, gone, "")
}

// blankAfter is what must follow a value that is not there: to some parsers "a:," and "a:}" begin a key.
func (w *writer) blankAfter(end int) string {
	if w.text[end-1] == ':' {
		return " "
	}
	return ""
}

// comma is behind the comma that follows, or -1.
func (w *writer) comma(at int) int {
	p := yamlParser{Document: w.Document}
	if at = p.skipBlank(at); at < len(w.text) && w.text[at] == ',' {
		return at + 1
	}
	return -1
}

// lines tells whether the parts are on lines of their own, and how these are indented.
func (w *writer) lines(n *node, parts []part) (indent string, lines bool) {
	line := w.text[lineStart(w.text, parts[0].start):]
	indent = string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
	return indent, !w.sameLine(n.content, parts[0].start)
}

// flowPart is an entry or an item as it is written in brackets.
func (w *writer) flowPart(a addition, v *value, indent string) string {
	text := w.flowValue(a.data, indent)
	if v.isList() {
		return text
	}
	return w.key(a.name) + text
}

func (w *writer) key(name string) string {
	if w.json {
		return quoteJSON(name) + w.style().colon
	}
	return w.scalar(name, true, 0) + ": "
}

// inFlow is a value as it is written in brackets in the place of another.
func (w *writer) inFlow(data any, n *node) string {
	line := w.text[lineStart(w.text, n.start):]
	text := w.flowValue(data, string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))]))
	if s, is := data.(string); is && !w.json {
		return w.scalar(s, true, n.quote(w.text))
	}
	return text
}

// flowValue is a value in brackets: in one line, or for JSON that has lines in several.
func (w *writer) flowValue(data any, indent string) string {
	unit := ""
	if w.json {
		unit = w.style().unit
	}
	first, last, separator := "", "", w.style().comma
	if unit != "" {
		first, last = w.newline()+indent+unit, w.newline()+indent
		separator = "," + first
	}
	var parts []string
	switch d := data.(type) {
	case map[string]any:
		for _, name := range sortedNames(d) {
			parts = append(parts, w.key(name)+w.flowValue(d[name], indent+unit))
		}
		if len(parts) == 0 {
			return "{}"
		}
		return "{" + first + strings.Join(parts, separator) + last + "}"
	case []any:
		for _, one := range d {
			parts = append(parts, w.flowValue(one, indent+unit))
		}
		if len(parts) == 0 {
			return "[]"
		}
		return "[" + first + strings.Join(parts, separator) + last + "]"
	default:
		return w.scalar(d, true, 0)
	}
}
