package reference

import (
	"fmt"
	"strings"
)

// terminalWidth is how wide a terminal is when nobody knows.
const terminalWidth = 80

// Terminal renders the page for reading in a terminal.
func (p *Page) Terminal() string {
	var b strings.Builder
	wrap(&b, "", "", p.Name+": "+p.Summary)
	for _, s := range p.sections() {
		if s.heading != "" {
			fmt.Fprintf(&b, "\n%s:\n", s.heading)
		}
		for _, block := range s.blocks {
			b.WriteByte('\n')
			switch block := block.(type) {
			case prose:
				writeProse(&b, string(block))
			case code:
				b.WriteString(indent(block.text, "    "))
			case terms:
				writeTerms(&b, block)
			}
		}
	}
	return b.String()
}

// writeProse wraps what is one long line; what has lines of its own keeps them.
func writeProse(b *strings.Builder, text string) {
	if strings.Contains(text, "\n") {
		b.WriteString(text + "\n")
		return
	}
	wrap(b, "", "", text)
}

func writeTerms(b *strings.Builder, all terms) {
	for i, t := range all {
		if t.aside == "" {
			wrap(b, "    ", "      ", t.name+": "+t.about)
			continue
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		wrap(b, "    ", "      ", t.name+" ("+t.aside+")")
		wrap(b, "        ", "        ", t.about)
	}
}

// wrap writes a text in lines that fit a terminal: the first with one indent,
// the next with another.
func wrap(b *strings.Builder, first, next, text string) {
	b.WriteString(first)
	column := len(first)
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > terminalWidth:
			b.WriteString("\n" + next)
			column = len(next)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	b.WriteByte('\n')
}

func indent(text, by string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(by + line)
	}
	return b.String()
}
