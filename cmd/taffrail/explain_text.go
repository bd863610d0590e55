package main

import (
	"fmt"
	"io"
	"strings"
)

// explainWidth is how wide a terminal is when nobody knows.
const explainWidth = 80

// write explains the topic: what a person asks first comes first.
func (t *topic) write(out io.Writer) error {
	var b strings.Builder
	wrap(&b, "", "", t.name+": "+t.summary)
	b.WriteByte('\n')
	wrap(&b, "", "", t.about+" It looks at "+t.looksAt+".")
	fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(t.doc))
	t.writeParameters(&b)
	t.writeControls(&b)
	fmt.Fprintf(&b, "\nIn a Guardrail:\n\n%s", indent(t.snippet(), "    "))
	t.writeReferences(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

func (t *topic) writeParameters(b *strings.Builder) {
	if len(t.parameters) == 0 {
		b.WriteString("\nIt has no parameters.\n")
		return
	}
	b.WriteString("\nParameters:\n")
	for _, p := range t.parameters {
		about := p.Type
		if p.Default != "" {
			about += ", default " + p.Default
		}
		b.WriteByte('\n')
		wrap(b, "    ", "      ", p.Name+" ("+about+")")
		wrap(b, "        ", "        ", p.Doc)
	}
}

func (t *topic) writeControls(b *strings.Builder) {
	if len(t.controls) == 0 {
		return
	}
	fmt.Fprintf(b, "\nControls, which an Exemption may name as %s/CONTROL:\n\n", t.name)
	wrap(b, "    ", "    ", strings.Join(t.controls, ", "))
}

func (t *topic) writeReferences(b *strings.Builder) {
	if len(t.references) == 0 {
		return
	}
	b.WriteString("\nThe same in other words:\n\n")
	for i, r := range t.references {
		if i == 0 || r.Source != t.references[i-1].Source {
			var ids []string
			for _, same := range t.references[i:] {
				if same.Source != r.Source {
					break
				}
				ids = append(ids, same.ID)
			}
			wrap(b, "    ", "      ", string(r.Source)+": "+strings.Join(ids, ", "))
		}
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
		case column+1+len(word) > explainWidth:
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
