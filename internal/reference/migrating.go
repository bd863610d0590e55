package reference

import (
	"cmp"
	_ "embed" // for migrating.md
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"taffrail.dev/taffrail/internal/params"
)

//go:embed migrating.md
var howToMigrate string

// Migrating says, in Markdown, what of ours takes the place of what the peers have.
func Migrating(pages []Page) string {
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

// named are the pages by the names that a peer has for them.
func named(pages []Page, peer params.Source) map[string][]*Page {
	ours := map[string][]*Page{}
	for i := range pages {
		for _, r := range pages[i].References {
			if r.Source == peer {
				ours[r.ID] = append(ours[r.ID], &pages[i])
			}
		}
	}
	return ours
}

// Called are the names of ours for what one of the peers calls so, quoted.
func Called(pages []Page, id string) (peer params.Source, ours []string) {
	for _, peer := range peers {
		for _, p := range named(pages, peer)[id] {
			ours = append(ours, strconv.Quote(p.Name))
		}
		if len(ours) > 0 {
			return peer, ours
		}
	}
	return "", nil
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
