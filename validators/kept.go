package validators

import "slices"

// maxSteps bounds how much is compared for one check of one review, in items: it is a tenth of a
// second. A Role of 5,000 rules, 20 of which have changed, stays below.
const maxSteps = 1 << 19

// fewSteps and stepsAnItem bound the same by what there is to compare, so that the
// work grows no faster than the review: of thirty findings that have all changed in
// one place, each is compared with each.
const (
	fewSteps    = 1 << 12
	stepsAnItem = 8
)

// Kept tells of each finding whether it was there before, as wide as it is now or
// wider: an update must not be refused for what it keeps or takes away. The findings
// are those of one check in an object and in its old object.
//
// Each finding of before stands for one of now, so that one more is new. Nothing
// depends on positions: what is in a list without names is known by all that it says.
func Kept(before, now []Finding) []bool {
	m := newMatching(before, now)
	for _, p := range m.places() {
		m.matchSame(p)
		if p.shared {
			m.matchAny(p)
		} else {
			m.matchEach(p)
		}
	}
	return m.kept
}

func newMatching(before, now []Finding) *matching {
	return &matching{before: before, now: now, kept: make([]bool, len(now)), steps: maxSteps, known: map[[2]*items]bool{}, counted: map[*items]bool{}}
}

// KeptAnyhow tells of each finding whether there was one of its kind in its place
// before, be it wider now or not: that is for the cluster's own controllers, which
// do what somebody else was let do.
func KeptAnyhow(before, now []Finding) []bool {
	kept, keys := make([]bool, len(now)), map[string]bool{}
	for i := range before {
		keys[before[i].key()] = true
	}
	for i := range now {
		kept[i] = keys[now[i].key()]
	}
	return kept
}

// matching finds for each finding of now one of before that goes at least as far.
type matching struct {
	before, now []Finding
	kept        []bool
	// steps are left to compare; what is not compared counts as new.
	steps   int
	size    int // of all that is compared, in items
	counted map[*items]bool
	known   map[[2]*items]bool // what has been compared, of lists that many may depend on
}

// worthKnowing is how long a list must be for the answer to be kept.
const worthKnowing = 8

// place is what is found about one place.
type place struct {
	before, now []candidate
	shared      bool
}

// candidate is a finding, by its index, with its parts.
type candidate struct {
	index int
	parts []part
}

// places are in the order in which they were found: which of them there are steps
// left for must not be chance.
func (m *matching) places() (all []*place) {
	places := map[string]*place{}
	for i := range m.before {
		f := &m.before[i]
		key := f.key()
		if places[key] == nil {
			places[key] = &place{shared: f.extent != nil && f.extent.shared}
			all = append(all, places[key])
		}
		places[key].before = m.add(places[key].before, i, f)
	}
	for i := range m.now {
		f := &m.now[i]
		if p := places[f.key()]; p != nil {
			p.now = m.add(p.now, i, f)
		}
	}
	m.steps = min(m.steps, max(fewSteps, stepsAnItem*m.size))
	return all
}

func (m *matching) add(to []candidate, i int, f *Finding) []candidate {
	if m.steps <= 0 {
		return to
	}
	c := candidate{i, f.parts()}
	m.steps -= 1 + len(c.parts)
	m.size += 1 + len(c.parts)
	for _, p := range c.parts {
		if !m.counted[p.items] {
			m.counted[p.items] = true
			m.size += len(p.items.list)
		}
	}
	return append(to, c)
}

// matchSame matches what has not changed, which is most, and leaves the rest. It
// takes no more steps than there are findings.
func (m *matching) matchSame(p *place) {
	same := map[string][]candidate{}
	for _, c := range p.before {
		text := fingerprint(c.parts)
		same[text] = append(same[text], c)
	}
	taken := map[int]bool{}
	p.now = slices.DeleteFunc(p.now, func(c candidate) bool {
		text := fingerprint(c.parts)
		olds := same[text]
		if len(olds) > 0 {
			m.kept[c.index] = true
			if !p.shared {
				taken[olds[0].index], same[text] = true, olds[1:]
			}
		}
		return m.kept[c.index]
	})
	p.before = slices.DeleteFunc(p.before, func(c candidate) bool { return taken[c.index] })
}

// matchAny lets pass what lies within one of the findings before or, where they have
// but one part, within all of them together.
func (m *matching) matchAny(p *place) {
	if len(p.now) == 0 {
		return
	}
	all := m.together(p.before)
	for _, now := range p.now {
		if m.steps <= 0 {
			return
		}
		m.kept[now.index] = all != nil && m.fits(now.parts, all) ||
			slices.ContainsFunc(p.before, func(old candidate) bool { return m.fits(now.parts, old.parts) })
	}
}

func (m *matching) together(candidates []candidate) []part {
	var all *part
	for _, c := range candidates {
		if len(c.parts) != 1 {
			return nil
		}
		one := &c.parts[0]
		if m.steps -= len(one.items.list); m.steps < 0 {
			return nil
		}
		if all == nil {
			all = &part{name: one.name, items: &items{list: slices.Clone(one.items.list)}, amount: one.amount}
			continue
		}
		all.items.list = append(all.items.list, one.items.list...)
		all.amount = max(all.amount, one.amount)
	}
	if all == nil {
		return nil
	}
	return []part{*all}
}

// matchEach pairs findings one to one, by augmenting paths: a finding takes the place
// of another one that can move on.
func (m *matching) matchEach(p *place) {
	taken := map[int]candidate{} // by the index before
	var pair func(now candidate, tried map[int]bool) bool
	pair = func(now candidate, tried map[int]bool) bool {
		for _, old := range p.before {
			if m.steps <= 0 {
				return false
			}
			if tried[old.index] || !m.fits(now.parts, old.parts) {
				continue
			}
			tried[old.index] = true
			if other, is := taken[old.index]; !is || pair(other, tried) {
				taken[old.index] = now
				return true
			}
		}
		return false
	}
	for _, now := range p.now {
		m.kept[now.index] = pair(now, map[int]bool{})
	}
}

// fits tells whether what spans some parts spans no more than others do.
func (m *matching) fits(now, before []part) bool {
	for i := range before {
		m.steps -= len(now)
		at := slices.IndexFunc(now, func(p part) bool { return p.name == before[i].name })
		if at < 0 || now[at].amount > before[i].amount || !m.lieIn(now[at].items, before[i].items) {
			return false
		}
	}
	return m.steps > 0
}

func (m *matching) lieIn(now, before *items) bool {
	m.steps--
	pair, long := [2]*items{now, before}, len(now.list) > worthKnowing
	if lie, known := m.known[pair]; long && known {
		return lie
	}
	if m.steps -= len(now.list); m.steps <= 0 {
		return false
	}
	lie := now.within(before)
	if long {
		m.known[pair] = lie
	}
	return lie
}
