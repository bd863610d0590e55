package validators

import (
	"fmt"
	"hash/maphash"
	"iter"
	"math"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/workload"
)

// extent is how far a finding goes: all that it depends on beside its place, in parts that compare.
// An update may keep a finding of the old object, and make it smaller; it must not widen it.
//
// A finding without an extent holds its Value: another value is another finding,
// and none is less than any.
type extent struct {
	// about takes the place of Path where the same fault is found in several
	// places, depending on how it is written.
	about *workload.Path
	// kind tells apart faults of one place: what is too low is not less of what is too high.
	kind string
	// parts are put together when they are asked for: most findings never are.
	parts func() []part
	// shared says that the findings of the old object stand together for any number:
	// what is granted twice is granted once.
	shared bool
}

// part is one of the things that a finding depends on. The finding with the fewer
// items, or the smaller amount, is within the other one. A part that one of the two
// lacks does not limit it: a toleration without an effect tolerates all effects.
type part struct {
	name   string
	items  *items
	amount float64
}

// items are compared as a set. Several findings may have theirs in common, so that a
// list that all of them depend on is looked through once.
type items struct {
	list []string
	// holders are what an item lies in: / holds /etc, and a * all verbs.
	holders func(item string) iter.Seq[string]

	set    map[string]bool // of the list, once anybody has asked
	digest uint64          // the same, where not 0
}

// holds says what a finding has, all of which must have been there before.
func holds(name string, list ...string) part {
	return part{name: name, items: &items{list: list}}
}

// in says what the items lie in.
func (p part) in(holders func(item string) iter.Seq[string]) part {
	p.items.holders = holders
	return p
}

// narrows says what a finding is limited by, and what must not be taken away.
func narrows(name string) part { return holds(name) }

// spans says what the finding depends on. Without parts, nothing can make it worse.
func (f Finding) spans(parts ...part) Finding {
	return f.spansLater(func() []part { return parts })
}

// spansLater is spans for what is not put together unless it is compared.
func (f Finding) spansLater(parts func() []part) Finding {
	f.extend().parts = parts
	return f
}

// above says by how much it is too high, where less would be better.
func (f Finding) above(amount float64) Finding {
	f.extend().kind = "above"
	return f.spans(part{amount: amount, items: &items{}})
}

// below says by how much it is too low, where more would be better.
func (f Finding) below(amount float64) Finding {
	f.extend().kind = "below"
	return f.spans(part{amount: -amount, items: &items{}})
}

// unbounded is the amount of what has no limit at all.
var unbounded = math.Inf(1)

// about says what place the finding is known by, instead of its path.
func (f Finding) about(path *workload.Path) Finding {
	f.extend().about = path
	return f
}

// shared says that those before stand together for any number.
func (f Finding) shared() Finding {
	f.extend().shared = true
	return f
}

// extend gives the finding an extent of its own. Only those who build it call it.
func (f *Finding) extend() *extent {
	if f.extent == nil {
		f.extent = &extent{}
	}
	return f.extent
}

// key is equal for two findings that are about the same place.
func (f *Finding) key() string {
	if f.extent == nil {
		return f.Control + " " + f.Path.Identity()
	}
	path := f.Path
	if f.extent.about != nil {
		path = f.extent.about
	}
	return f.Control + f.extent.kind + " " + path.Identity()
}

// parts are what the finding depends on.
func (f *Finding) parts() []part {
	switch {
	case f.extent != nil && f.extent.parts != nil:
		return f.extent.parts()
	case f.Value == nil:
		return []part{holds("value")}
	default:
		return []part{holds("value", fmt.Sprint(f.Value))}
	}
}

// fingerprint is equal for two findings that go as far as each other.
func fingerprint(parts []part) string {
	texts := make([]string, len(parts))
	for i := range parts {
		texts[i] = fmt.Sprintf("%q %x %v", parts[i].name, parts[i].items.sum(), parts[i].amount)
	}
	slices.Sort(texts)
	return strings.Join(texts, "\n")
}

var digestSeed = maphash.MakeSeed()

func (s *items) sum() uint64 {
	if s.digest == 0 {
		var h maphash.Hash
		h.SetSeed(digestSeed)
		for _, item := range slices.Sorted(slices.Values(s.list)) {
			fmt.Fprintf(&h, "%d %s", len(item), item)
		}
		s.digest = h.Sum64()
	}
	return s.digest
}

func (s *items) has(item string) bool {
	if s.set == nil {
		s.set = make(map[string]bool, len(s.list))
		for _, item := range s.list {
			s.set[item] = true
		}
	}
	return s.set[item]
}

// within tells whether each item is one of those before, or lies in one.
func (s *items) within(before *items) bool {
	return !slices.ContainsFunc(s.list, func(item string) bool { return !s.isIn(item, before) })
}

func (s *items) isIn(item string, before *items) bool {
	if before.has(item) {
		return true
	}
	if s.holders != nil {
		for holder := range s.holders(item) {
			if before.has(holder) {
				return true
			}
		}
	}
	return false
}
