package reference

import (
	"fmt"
	"slices"
	"strings"
)

// Find finds the pages of what somebody calls so: one of ours in any case, a control of a check
// with or without its check (pod-security/hostPathVolumes), or what one of the peers has for it.
// The note says how the name leads to the pages, where it is not that of the page.
func Find(pages []Page, name string) (found []Page, note string) {
	for i := range pages {
		if p := &pages[i]; sameName(p.Name, name) {
			return []Page{*p}, ""
		}
	}
	for i := range pages {
		p := &pages[i]
		if control, is := p.control(name); is {
			return []Page{*p}, fmt.Sprintf("%s is a control of %s. An Exemption names it %s/%s.", control, p.Name, p.Name, control)
		}
	}
	for _, peer := range peers {
		var id string
		for i := range pages {
			for _, r := range pages[i].References {
				if r.Source == peer && sameName(r.ID, name) {
					found, id = append(found, pages[i]), r.ID
				}
			}
		}
		if len(found) > 0 {
			return found, fmt.Sprintf("%s has this by the name %s.", peer, id)
		}
	}
	return nil, ""
}

// control finds the control of a page that a name means, with the check before it or without.
func (p *Page) control(name string) (string, bool) {
	if check, control, narrow := strings.Cut(name, "/"); narrow && sameName(check, p.Name) {
		name = control
	}
	i := slices.IndexFunc(p.Controls, func(control string) bool { return sameName(control, name) })
	if i < 0 {
		return "", false
	}
	return p.Controls[i], true
}

// sameName leaves out of account what people do not remember of a name.
func sameName(a, b string) bool {
	plain := strings.NewReplacer("_", "-", " ", "-")
	return strings.EqualFold(plain.Replace(a), plain.Replace(b))
}
