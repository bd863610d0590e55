package reference

import (
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/params"
)

// A page is made of sections, and a section of blocks: prose, code and terms.
// Whoever renders these renders every page.
type section struct {
	heading string // empty for what comes first
	blocks  []any
}

type (
	// prose is Markdown.
	prose string
	// code is shown as it is.
	code struct{ language, text string }
	// terms are words, each with what is said about it.
	terms []term
	term  struct{ name, aside, about string }
)

// sections are what a person asks, in that order.
func (p *Page) sections() []section {
	sections := []section{{blocks: []any{prose(p.about()), prose(strings.TrimSpace(p.Doc))}}, p.parameters()}
	if len(p.Controls) > 0 {
		sections = append(sections, section{"Controls", []any{
			prose(fmt.Sprintf("An Exemption may name one of these as %s/CONTROL:", p.Name)),
			prose(strings.Join(p.Controls, ", ")),
		}})
	}
	sections = append(sections, section{"In a Guardrail", []any{code{"yaml", p.Snippet()}}})
	sections = append(sections, p.examples()...)
	if len(p.References) > 0 {
		sections = append(sections, section{"The same in other words", []any{bySource(p.References)}})
	}
	return sections
}

func (p *Page) about() string {
	if p.List == Mutators {
		return "A default. It completes Pods at their creation. " + map[string]string{
			"on":  "The built-in guardrail sets it.",
			"off": "The built-in guardrail does not set it.",
		}[p.Action]
	}
	action := map[string]string{
		"Deny":  "The built-in guardrail denies what it finds.",
		"Warn":  "The built-in guardrail warns of what it finds.",
		"Audit": "The built-in guardrail notes what it finds for the audit log.",
		"off":   "The built-in guardrail leaves it out.",
	}[p.Action]
	severity := strings.ToLower(string(p.Severity))
	if p.OverSet != nil {
		return fmt.Sprintf("A check of %s severity. It looks at %s. `taffrail check` makes it, and no webhook: a Guardrail may name it, "+
			"and admission goes on as if it did not. %s", severity, p.LooksAt(), action)
	}
	return fmt.Sprintf("A check of %s severity. It looks at %s. %s", severity, p.LooksAt(), action)
}

func (p *Page) parameters() section {
	s := section{heading: "Parameters"}
	if len(p.Parameters) == 0 {
		s.blocks = []any{prose("None.")}
		return s
	}
	var all terms
	for _, param := range p.Parameters {
		aside := param.Type
		if param.Default != "" {
			aside += ", default " + param.Default
		}
		all = append(all, term{param.Name, aside, sentence(param.Doc)})
	}
	s.blocks = []any{all}
	return s
}

// sentence begins with a capital and ends with a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

// bySource lists the references of each source, in the order of the sources.
func bySource(references []params.Reference) terms {
	var all terms
	for _, r := range references {
		i := slices.IndexFunc(all, func(t term) bool { return t.name == string(r.Source) })
		if i < 0 {
			all = append(all, term{name: string(r.Source), about: r.ID})
			continue
		}
		all[i].about += ", " + r.ID
	}
	return all
}
