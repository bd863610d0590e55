package reference

import (
	"cmp"
	_ "embed" // for migrating.md
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed migrating.md
var howToMigrate string

// migrating says, in Markdown, what of ours takes the place of what the peers have.
func migrating(pages []Page) string {
	var b strings.Builder
	b.WriteString(generated + howToMigrate)
	for _, peer := range peers {
		fmt.Fprintf(&b, "\n## From %s\n\n| %s | Taffrail | which |\n|---|---|---|\n", peer, peer)
		ours := named(pages, peer)
		for _, id := range slices.SortedFunc(maps.Keys(ours), ignoringCase) {
			var links, summaries []string
			for _, p := range ours[id] {
				links = append(links, p.link("reference/"))
				summaries = append(summaries, p.does())
			}
			row(&b, escape(id), strings.Join(links, ", "), strings.Join(summaries, "; "))
		}
	}
	return b.String()
}

func (p *Page) does() string {
	if p.List == Mutators {
		return escape(p.Summary)
	}
	return "refuses " + escape(p.Summary)
}

func ignoringCase(a, b string) int {
	return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
}
