package reference

import (
	"cmp"
	"slices"
	"strings"
)

// How much it says that a word is found in a place of a page.
const (
	isTheName  = 100
	beginsPart = 40 // of a name: tls in ingress-tls, and not in allowed-sysctls
	inSummary  = 20
	inPeers    = 15
	inName     = 10
	inParams   = 10
	inDoc      = 5
)

// Search finds the pages that speak of all words, those first in which the words weigh most. Neither
// case nor what stands between the parts of a name matters: hostPath is in host-path-allowed.
func Search(pages []Page, words string) []Page {
	type hit struct {
		page  Page
		score int
	}
	var hits []hit
	for i := range pages {
		if score := pages[i].score(strings.Fields(words)); score > 0 {
			hits = append(hits, hit{pages[i], score})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	found := make([]Page, len(hits))
	for i := range hits {
		found[i] = hits[i].page
	}
	return found
}

// score is 0 when a word is nowhere.
func (p *Page) score(words []string) (sum int) {
	for _, word := range words {
		best := p.weigh(word)
		if best == 0 {
			return 0
		}
		sum += best
	}
	return sum
}

func (p *Page) weigh(word string) int {
	name := squeeze(word)
	if name == "" {
		return 0
	}
	lower := strings.ToLower(word)
	has := func(text string) bool { return strings.Contains(strings.ToLower(text), lower) }
	named := func(text string) bool { return strings.Contains(squeeze(text), name) }
	weight := 0
	at := func(found bool, much int) {
		if found {
			weight = max(weight, much)
		}
	}
	at(squeeze(p.Name) == name, isTheName)
	at(beginsPartOf(p.Name, name), beginsPart)
	at(named(p.Name), inName)
	at(has(p.Summary), inSummary)
	for _, control := range p.Controls {
		at(named(control), inParams)
	}
	for _, r := range p.References {
		at(named(r.ID), inPeers)
	}
	for _, param := range p.Parameters {
		at(named(param.Name) || has(param.Doc), inParams)
	}
	at(has(p.Doc), inDoc)
	return weight
}

func beginsPartOf(name, word string) bool {
	parts := strings.Split(name, "-")
	for i := range parts {
		if strings.HasPrefix(strings.Join(parts[i:], ""), word) {
			return true
		}
	}
	return false
}

// squeeze leaves what tells names apart.
func squeeze(text string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "", "/", "").Replace(strings.ToLower(text))
}
