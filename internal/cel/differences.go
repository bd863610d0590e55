package cel

import (
	"maps"
	"slices"
)

// A step leads from a part of a document to one below it.
type step struct {
	name  string // of a field
	index int    // of an item of a list
	item  bool   // of a list or, with a name, of a map that is read as one
}

// absent is where one of two documents has nothing.
type absent struct{}

// difference is a part that an update changes, of those that an expression reads.
type difference struct {
	path     []step // in the new document
	from, to any
	seen     *reads
}

// many tells whether what differs is a collection, of which items have come, gone or changed.
func (d difference) many() bool {
	from, to := collectionOf(d.from, d.seen), collectionOf(d.to, d.seen)
	_, gone := d.to.(absent)
	_, came := d.from.(absent)
	return (from != nil || came) && (to != nil || gone) && (from != nil || to != nil)
}

// inItem tells whether the part is in an item of a collection.
func (d difference) inItem() bool {
	return slices.ContainsFunc(d.path, func(s step) bool { return s.item })
}

// differences are the parts that differ in what is read of them; lists that differ in their order
// alone do not.
func differences(seen *reads, from, to any, path []step) []difference {
	if seen.key(from) == seen.key(to) {
		return nil
	}
	before, ok := from.(map[string]any)
	after, isMap := to.(map[string]any)
	if !ok || !isMap || seen.all {
		return []difference{{path, from, to, seen}}
	}
	var all []difference
	for _, name := range slices.Sorted(maps.Keys(seen.fields)) {
		below, at := seen.fields[name], append(slices.Clip(path), step{name: name})
		x, here := before[name]
		y, there := after[name]
		switch {
		case here && there:
			all = append(all, differences(below, x, y, at)...)
		case here:
			all = append(all, difference{at, x, absent{}, below})
		case there:
			all = append(all, difference{at, absent{}, y, below})
		}
	}
	return all
}

// collection is a list, or a map all of whose entries are read.
type collection struct {
	names []string // of a map's entries
	items []any
	seen  *reads // of each item
}

// collectionOf is nil for what is no collection.
func collectionOf(part any, seen *reads) *collection {
	switch part := part.(type) {
	case []any:
		if below := seen.ofItems(); below != nil {
			return &collection{items: part, seen: below}
		}
	case map[string]any:
		if seen.all {
			c := &collection{names: slices.Sorted(maps.Keys(part)), seen: seen}
			for _, name := range c.names {
				c.items = append(c.items, part[name])
			}
			return c
		}
	}
	return nil
}

// length is that of no collection too.
func (c *collection) length() int {
	if c == nil {
		return 0
	}
	return len(c.items)
}

func (c *collection) stepTo(i int) step {
	if c.names != nil {
		return step{name: c.names[i], item: true}
	}
	return step{index: i, item: true}
}

// only is the collection with some of its items.
func (c *collection) only(some []int) any {
	if c.names != nil {
		m := map[string]any{}
		for _, i := range some {
			m[c.names[i]] = c.items[i]
		}
		return m
	}
	list := make([]any, len(some))
	for n, i := range some {
		list[n] = c.items[i]
	}
	return list
}

// key is what an item is the same by.
func (c *collection) key(i int) string {
	if c.names != nil {
		return c.names[i] + ":" + c.seen.key(c.items[i])
	}
	return c.seen.key(c.items[i])
}

// name is what an item is known by when it changes, if anything.
func (c *collection) name(i int) string {
	if c.names != nil {
		return c.names[i]
	}
	fields, _ := c.items[i].(map[string]any)
	name, _ := fields["name"].(string)
	return name
}

// matched is how the items of a collection come from those of another.
type matched struct {
	kept    []int       // that were there before
	changed []int       // that were not
	former  map[int]int // what a changed item was before, by its name, else by its place among those that changed
}

// match matches items whatever their places: an item that is put before another changes nothing.
func match(before, after *collection) matched {
	out := matched{former: map[int]int{}}
	left := map[string][]int{}
	for i := range before.length() {
		key := before.key(i)
		left[key] = append(left[key], i)
	}
	gone := map[int]bool{}
	for i := range before.length() {
		gone[i] = true
	}
	for i := range after.length() {
		key := after.key(i)
		if same := left[key]; len(same) > 0 {
			delete(gone, same[0])
			left[key] = same[1:]
			out.kept = append(out.kept, i)
			continue
		}
		out.changed = append(out.changed, i)
	}
	out.pair(before, after, slices.Sorted(maps.Keys(gone)))
	return out
}

func (m *matched) pair(before, after *collection, gone []int) {
	named := map[string]int{}
	var nameless []int
	for _, i := range gone {
		if name := before.name(i); name != "" {
			named[name] = i
		} else {
			nameless = append(nameless, i)
		}
	}
	for _, i := range m.changed {
		name := after.name(i)
		if former, known := named[name]; known && name != "" {
			m.former[i] = former
			delete(named, name)
		} else if name == "" && len(nameless) > 0 {
			m.former[i], nameless = nameless[0], nameless[1:]
		}
	}
}

// edited is a document with another value at a path; the document stays as it is. Collections on
// the way are left with the one item that the path leads through.
func edited(part any, path []step, value any) any {
	if len(path) == 0 {
		return value
	}
	next := path[0]
	switch part := part.(type) {
	case []any:
		if !next.item || next.index >= len(part) {
			return part
		}
		return []any{edited(part[next.index], path[1:], value)}
	case map[string]any:
		below := edited(part[next.name], path[1:], value)
		if next.item {
			return map[string]any{next.name: below}
		}
		m := maps.Clone(part)
		if _, gone := below.(absent); gone {
			delete(m, next.name)
		} else {
			m[next.name] = below
		}
		return m
	default:
		return part
	}
}

// cleared is a document in which all collections that are read are empty but for those on a path.
func cleared(seen *reads, part any, path []step) any {
	if collectionOf(part, seen) != nil && (len(path) == 0 || !path[0].item) {
		if _, list := part.([]any); list {
			return []any{}
		}
		return map[string]any{}
	}
	switch part := part.(type) {
	case []any:
		if len(path) == 0 || path[0].index >= len(part) || seen.ofItems() == nil {
			return part
		}
		out := slices.Clone(part)
		out[path[0].index] = cleared(seen.ofItems(), part[path[0].index], path[1:])
		return out
	case map[string]any:
		out := maps.Clone(part)
		for name, value := range part {
			switch below := seen.below(name); {
			case len(path) == 1 && path[0].name == name: // what the path leads to
			case len(path) > 0 && path[0].name == name && below != nil:
				out[name] = cleared(below, value, path[1:])
			case below != nil:
				out[name] = cleared(below, value, nil)
			}
		}
		return out
	default:
		return part
	}
}
