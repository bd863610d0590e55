package report

import (
	"io"
	"strings"

	"taffrail.dev/taffrail/internal/printable"
)

// xml writes elements. What is in them is printable, so that nothing is left which XML cannot hold.
type xml struct {
	out  io.Writer
	open []string
	err  error
}

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

func (x *xml) write(texts ...string) {
	for _, text := range texts {
		if x.err == nil {
			_, x.err = io.WriteString(x.out, text)
		}
	}
}

// tag begins an element, with the names and values of attributes.
func (x *xml) tag(name, end string, attributes ...string) {
	x.write(strings.Repeat("  ", len(x.open)), "<", name)
	for i := 0; i < len(attributes); i += 2 {
		if attributes[i+1] != "" {
			x.write(" ", attributes[i], `="`, xmlEscaper.Replace(printable.Text(attributes[i+1])), `"`)
		}
	}
	x.write(end)
}

func (x *xml) begin(name string, attributes ...string) {
	x.tag(name, ">\n", attributes...)
	x.open = append(x.open, name)
}

func (x *xml) end() {
	name := x.open[len(x.open)-1]
	x.open = x.open[:len(x.open)-1]
	x.write(strings.Repeat("  ", len(x.open)), "</", name, ">\n")
}

func (x *xml) empty(name string, attributes ...string) { x.tag(name, "/>\n", attributes...) }

// text writes an element that holds lines.
func (x *xml) text(name string, lines []string, attributes ...string) {
	x.tag(name, ">", attributes...)
	for i, line := range lines {
		if i > 0 {
			x.write("\n")
		}
		x.write(xmlEscaper.Replace(printable.Text(line)))
	}
	x.write("</", name, ">\n")
}

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
