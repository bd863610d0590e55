package validators

import "slices"

// union counts the numbers that are in at least one of some spans, which
// come and go. A change takes a time that grows with the logarithm of how many
// spans there are: it is a tree over their ends.
type union struct {
	ends    []uint64
	entered []int32  // of each part, how often it was entered as a whole
	covered []uint64 // of each part, how many of its numbers are in a span
}

// newUnion makes one for the addresses of areas, none of which is entered.
func newUnion(areas []area) *union {
	ends := make([]uint64, 0, 2*len(areas))
	for i := range areas {
		ends = append(ends, areas[i].addresses.from, areas[i].addresses.to)
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	return &union{ends: ends, entered: make([]int32, 4*len(ends)), covered: make([]uint64, 4*len(ends))}
}

func (u *union) total() uint64 {
	if len(u.covered) == 0 {
		return 0
	}
	return u.covered[1]
}

// change enters a span, with 1, or leaves it, with -1.
func (u *union) change(s span, by int32) {
	u.changePart(1, 0, len(u.ends)-1, s, by)
}

// changePart changes a part of the tree, that from one end to another.
func (u *union) changePart(part, first, last int, s span, by int32) {
	if s.to <= u.ends[first] || s.from >= u.ends[last] {
		return
	}
	middle := (first + last) / 2
	if s.from <= u.ends[first] && s.to >= u.ends[last] {
		u.entered[part] += by
	} else {
		u.changePart(2*part, first, middle, s, by)
		u.changePart(2*part+1, middle, last, s, by)
	}
	switch {
	case u.entered[part] > 0:
		u.covered[part] = u.ends[last] - u.ends[first]
	case last-first > 1:
		u.covered[part] = u.covered[2*part] + u.covered[2*part+1]
	default:
		u.covered[part] = 0
	}
}
