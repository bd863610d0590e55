package reference

import (
	"strconv"

	"taffrail.dev/taffrail/internal/params"
)

// peers are the sources that are other tools.
var peers = []params.Source{
	params.Kyverno, params.Gatekeeper, params.Polaris, params.KubeLinter, params.KRail,
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
