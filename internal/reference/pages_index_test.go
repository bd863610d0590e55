package reference

import (
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/params"
)

// index is the table of all checks and defaults, in Markdown.
func index(pages []Page) string {
	var b strings.Builder
	fmt.Fprint(&b, generated, `# The catalogue

`+"`taffrail explain NAME`"+` shows each page in a terminal. "Built in" is what the guardrail does that serves when nobody has
said otherwise (`+"`guardrail/default.yaml`"+`). People who come from another tool find its names in [Migrating](../migrating.md).

## Checks

"Pods and templates" are pods, with their subresources ephemeralcontainers and resize, and all that holds the template of
one: podtemplates, replicationcontrollers, daemonsets, deployments, replicasets, statefulsets, cronjobs and jobs, and of
other systems `+strings.Join(foreignTemplates(), ", ")+`. Where no
operation is named it is CREATE and UPDATE. A check with a fix says, where it can, which patch mends what it finds.

| check | refuses | severity | looks at | parameters (default) | built in | fix | called elsewhere |
|---|---|---|---|---|---|---|---|
`)
	for i := range pages {
		if p := &pages[i]; p.List == Validators {
			fix := ""
			if p.hasFix() {
				fix = "yes"
			}
			row(&b, p.link(""), escape(p.Summary), string(p.Severity), p.looksAtInShort(),
				p.parametersInShort(), p.Action, fix, p.peersInShort())
		}
	}
	fmt.Fprint(&b, `
## Defaults

They complete Pods at their creation, and overwrite nothing that is set unless they say so.

| default | does | parameters (default) | built in | called elsewhere |
|---|---|---|---|---|
`)
	for i := range pages {
		if p := &pages[i]; p.List == Mutators {
			row(&b, p.link(""), escape(p.Summary), p.parametersInShort(), p.Action, p.peersInShort())
		}
	}
	return b.String()
}

func row(b *strings.Builder, cells ...string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

// link leads to the page, from a file beside the folder that it is in.
func (p *Page) link(folder string) string {
	return fmt.Sprintf("[%s](%s%s)", p.Name, folder, p.file())
}

// looksAtInShort names at most eight resources.
func (p *Page) looksAtInShort() string {
	names := strings.Split(strings.TrimPrefix(p.LooksAt(), "CREATE and UPDATE of "), ", ")
	text := strings.Join(names[:min(len(names), 8)], ", ")
	if more := len(names) - 8; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func (p *Page) parametersInShort() string {
	var all []string
	for _, param := range p.Parameters {
		text := param.Name
		if param.Default != "" {
			text += " (" + escape(param.Default) + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// peersInShort names at most three policies of each peer; the page names all.
func (p *Page) peersInShort() string {
	var parts []string
	for _, t := range bySource(p.References) {
		if !slices.Contains(peers, params.Source(t.name)) {
			continue
		}
		ids := strings.Split(t.about, ", ")
		text := strings.Join(ids[:min(len(ids), 3)], ", ")
		if more := len(ids) - 3; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		parts = append(parts, t.name+": "+escape(text))
	}
	return strings.Join(parts, "; ")
}

// hasFix tells whether a finding may come with the patch that mends it.
func (p *Page) hasFix() bool {
	if p.validate == nil {
		return false
	}
	for _, f := range p.failing() {
		if p.fix(f) != "" {
			return true
		}
	}
	return false
}
