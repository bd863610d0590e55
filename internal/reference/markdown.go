package reference

import (
	"fmt"
	"strings"
)

// Markdown renders the page as documentation.
func (p *Page) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", p.Name, escape(sentence(p.Summary)))
	for _, s := range p.sections() {
		if s.heading != "" {
			fmt.Fprintf(&b, "\n## %s\n", s.heading)
		}
		for _, block := range s.blocks {
			b.WriteByte('\n')
			switch block := block.(type) {
			case prose:
				fmt.Fprintf(&b, "%s\n", block)
			case code:
				fmt.Fprintf(&b, "```%s\n%s```\n", block.language, block.text)
			case terms:
				for _, t := range block {
					fmt.Fprintf(&b, "- **%s**", t.name)
					if t.aside != "" {
						fmt.Fprintf(&b, " (%s)", escape(t.aside))
					}
					fmt.Fprintf(&b, ": %s\n", escape(t.about))
				}
			}
		}
	}
	return b.String()
}

// MarkdownTable is a table of pages, a row each.
func MarkdownTable(pages []Page) string {
	var b strings.Builder
	b.WriteString("| name | summary |\n|---|---|\n")
	for i := range pages {
		fmt.Fprintf(&b, "| %s | %s |\n", pages[i].Name, escape(pages[i].Summary))
	}
	return b.String()
}

// escape keeps what is no Markdown from being read as such, in tables too.
var escape = strings.NewReplacer("*", `\*`, "<", `\<`, "|", `\|`, "[", `\[`, "]", `\]`).Replace
