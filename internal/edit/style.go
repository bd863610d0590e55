package edit

import "bytes"

// style is how a document is written.
type style struct {
	// unit is how much deeper a level is, lists how much deeper a list is than its key.
	unit  string
	lists int
	// colon and comma are those of JSON, or of brackets, with what follows.
	colon, comma string
	newline      string
}

func (d *Document) newline() string { return d.style().newline }

// findStyle goes by what most of the document does.
func (d *Document) findStyle() style {
	s := style{unit: "  ", colon: ": ", comma: ", ", newline: "\n"}
	if crlf := bytes.Count(d.text, []byte("\r\n")); crlf > 0 && 2*crlf >= bytes.Count(d.text, []byte("\n")) {
		s.newline = "\r\n"
	}
	if d.json {
		d.findJSONStyle(&s)
		return s
	}
	steps, lists := map[int]int{}, map[int]int{}
	d.count(d.root, steps, lists)
	s.unit = spaces(most(steps, 2))
	s.lists = most(lists, 0)
	return s
}

// count counts how much deeper mappings and lists are than their keys.
func (d *Document) count(n *node, steps, lists map[int]int) {
	for _, e := range n.entries {
		if child := e.value; child.isBlock() && !n.flow {
			deeper := child.column(d.text) - n.column(d.text)
			if child.kind == mapping {
				steps[deeper]++
			} else {
				lists[deeper]++
			}
		}
		d.count(e.value, steps, lists)
	}
	for _, i := range n.items {
		d.count(i.value, steps, lists)
	}
}

func most(counts map[int]int, otherwise int) int {
	best := otherwise
	for value, n := range counts {
		if n > counts[best] || n == counts[best] && value < best {
			best = value
		}
	}
	return best
}

// findJSONStyle goes by the first member.
func (d *Document) findJSONStyle(s *style) {
	s.unit = ""
	if len(d.root.entries) == 0 {
		return
	}
	first := d.root.entries[0]
	if before := d.text[d.root.content+1 : first.start]; bytes.IndexByte(before, '\n') >= 0 {
		indent := before[bytes.LastIndexByte(before, '\n')+1:]
		line := d.text[lineStart(d.text, d.root.content):]
		outer := len(line) - len(bytes.TrimLeft(line, " \t"))
		s.unit = string(indent[min(outer, len(indent)):])
	} else if len(d.root.entries) > 1 && d.text[d.root.entries[1].start-1] == ',' {
		s.comma = ","
	}
	if d.text[first.value.start-1] == ':' {
		s.colon = ":"
	}
}

// gap is how far behind its dash an item begins.
func (w *writer) gap(n *node) int {
	first := n.items[0]
	if gap := first.value.start - first.start; gap > 1 && w.sameLine(first.start, first.value.start) && gap < 9 {
		return gap
	}
	return 2
}
