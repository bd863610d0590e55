package reference

import (
	"taffrail.dev/taffrail/internal/params"
)

// peers are the sources that are other tools.
var peers = []params.Source{
	params.Kyverno, params.Gatekeeper, params.Polaris, params.KubeLinter, params.KRail,
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
