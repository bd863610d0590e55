package validators

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
)

// span are numbers, from one up to another that is not among them.
type span struct{ from, to uint64 }

type spans []span

// merged are the same numbers in as few spans as there can be, in order.
func (s spans) merged() spans {
	slices.SortFunc(s, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	out := s[:0]
	for _, next := range s {
		if last := len(out) - 1; last >= 0 && next.from <= out[last].to {
			out[last].to = max(out[last].to, next.to)
			continue
		}
		out = append(out, next)
	}
	return out
}

// cutFrom appends to a list what a span has without these spans, which are merged.
func (s spans) cutFrom(out spans, whole span) spans {
	for _, hole := range s {
		if hole.to <= whole.from || hole.from >= whole.to {
			continue
		}
		if hole.from > whole.from {
			out = append(out, span{whole.from, hole.from})
		}
		whole.from = hole.to
	}
	if whole.from < whole.to {
		out = append(out, whole)
	}
	return out
}

// within is the part of it that is in another.
func (s span) within(other span) span {
	from, to := max(s.from, other.from), min(s.to, other.to)
	return span{from, max(from, to)}
}

// used counts the numbers that are not in nobody's areas.
func (s span) used(nobodys []area) uint64 {
	n := s.to - s.from
	for i := range nobodys {
		theirs := nobodys[i].addresses.within(s)
		n -= theirs.to - theirs.from
	}
	return n
}

// plane is what is let in of one kind of peers: areas of addresses and ports.
type plane struct {
	size  uint64 // how many addresses there are
	much  uint64 // how many of them are more than nothing much
	areas []area
}

// area are the addresses and the ports of a rule, every one of each.
type area struct{ addresses, ports span }

// The planes, before anything is let in. Of IPv6 networks of 64 bits are
// counted: what is smaller is nothing much, let in or left out.
var (
	planeV4   = plane{size: 1 << 32, much: 1 << 16, areas: nobodysV4}
	planeV6   = plane{size: math.MaxUint64, much: 1, areas: nobodysV6}
	planePods = plane{size: 1, much: 1}
)

// used counts the addresses that somebody may have.
func (p *plane) used() uint64 { return span{0, p.size}.used(p.areas) }

// manySpans bounds the areas that a rule is cut into: they would be as many as
// its addresses times its ports. What has more of both is taken as wider than
// it is, from its lowest port to its highest.
const manySpans = 8

// add adds the area of a rule, whose spans are merged.
func (p *plane) add(addresses, ports spans) {
	if len(addresses) > manySpans && len(ports) > manySpans {
		ports = spans{{ports[0].from, ports[len(ports)-1].to}}
	}
	for _, a := range addresses {
		for _, b := range ports {
			p.areas = append(p.areas, area{a, b})
		}
	}
}

// isOpen tells whether but a few ports are let in from all but nothing much of the addresses: it
// goes from port to port, and counts the addresses in areas that it is in.
func (p *plane) isOpen() bool {
	type edge struct {
		port  uint64
		enter int32
		area  *area
	}
	edges := make([]edge, 0, 2*len(p.areas))
	for i := range p.areas {
		a := &p.areas[i]
		edges = append(edges, edge{a.ports.from, 1, a}, edge{a.ports.to, -1, a})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.port, b.port) })
	counted := newUnion(p.areas)
	var open, before uint64
	for _, e := range edges {
		if p.size-counted.total() < p.much {
			open += e.port - before
		}
		before = e.port
		counted.change(e.area.addresses, e.enter)
	}
	return open >= allPorts-fewPorts
}

// nobodysV4 and nobodysV6 are addresses that no peer in another network has:
// to leave them out leaves out nobody. IANA's registries of special addresses
// list them. 169.254.0.0/16 and fe80::/10 are those of a link.
var (
	nobodysV4 = nobodys("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3")
	nobodysV6 = nobodys("::/3", "4000::/2", "8000::/2", "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fe00::/7",
		"2001:2::/48", "2001:db8::/32", "3fff::/20")
)

func nobodys(prefixes ...string) (areas []area) {
	for _, text := range prefixes {
		s, _ := spanOf(netip.MustParsePrefix(text))
		areas = append(areas, area{s, span{1, allPorts + 1}})
	}
	return slices.Clip(areas)
}
