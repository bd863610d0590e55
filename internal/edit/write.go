package edit

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// writer finds the edits that make a document what operations have made of it.
type writer struct {
	*Document
	edits []Edit
	// at is the end of the line that what is written follows, or inText.
	at int
	// live are the values of what is still written, by where it is: what aliases stand for now.
	live map[*node]*value
}

// inText is where something else follows in the same line.
const inText = -1

func (w *writer) edit(start, end int, text string) {
	if start < end || text != "" {
		w.edits = append(w.edits, Edit{start, end, text})
	}
}

func (w *writer) document(root *value) error {
	if w.aliased && (root.open || root.fresh) {
		// What an anchor stands for may have changed anywhere.
		root.expandAll()
		w.live = map[*node]*value{}
		w.note(root)
	}
	return w.write(root)
}

func (w *writer) note(v *value) {
	if v.slot != nil {
		w.live[v.slot] = v
	}
	for _, f := range v.fields {
		w.note(f.value)
	}
	for _, one := range v.items {
		w.note(one)
	}
}

// write writes what is different in a value.
func (w *writer) write(v *value) error {
	switch {
	case v.slot.kind == alias && w.live != nil:
		if now, err := w.standsFor(v.slot); err == nil && reflect.DeepEqual(now, v.plain()) {
			return nil
		}
		w.replace(v.slot, v.plain())
		return nil
	case v.fresh:
		w.replace(v.slot, v.plain())
		return nil
	case !v.open:
		return nil
	case v.isList():
		return w.list(v)
	default:
		return w.object(v)
	}
}

// standsFor is what an alias stands for now.
func (w *writer) standsFor(n *node) (any, error) {
	v := w.live[n.target]
	if v == nil {
		return nil, errors.New("an alias stands for what is removed")
	}
	return v.plain(), nil
}

// part is an entry or an item as it is written.
type part struct {
	start int
	node  *node
	value *value // nil where it is removed, and for what is kept as it is
	gone  bool
}

// addition is text to put behind a part, or before all if after is -1.
type addition struct {
	after int
	name  string // of a member
	data  any
}

func (w *writer) list(v *value) error {
	parts := make([]part, len(v.slot.items))
	at := map[*node]int{}
	for i, one := range v.slot.items {
		parts[i] = part{start: one.start, node: one.value, gone: true}
		at[one.value] = i
	}
	var added []addition
	last := -1
	for _, one := range v.items {
		i, written := at[one.slot]
		if one.slot == nil || !written {
			added = append(added, addition{after: last, data: one.plain()})
			continue
		}
		parts[i].gone, parts[i].value = false, one
		last = i
	}
	return w.collection(v, parts, added)
}

func (w *writer) object(v *value) error {
	merged, err := w.merged(v.slot)
	if err != nil {
		return err
	}
	slots, named := map[*node]*value{}, map[string]bool{}
	for _, f := range v.fields {
		if f.value.slot != nil {
			slots[f.value.slot], named[f.name] = f.value, true
		}
	}
	last := -1
	parts := make([]part, len(v.slot.entries))
	for i, e := range v.slot.entries {
		// A key that is there once more stays with the other.
		_, known := v.data.(map[string]any)[e.name]
		gone := !e.merge && !named[e.name] && known
		parts[i] = part{start: e.start, node: e.value, value: slots[e.value], gone: gone}
		if !gone {
			last = i
		}
	}
	var added []addition
	for _, f := range v.fields {
		if f.value.slot != nil {
			continue
		}
		data := f.value.plain()
		now, inherits := merged[f.name]
		if inherits && reflect.DeepEqual(now, data) || f.elsewhere && merged == nil {
			continue
		}
		added = append(added, addition{after: last, name: f.name, data: data})
	}
	for name := range merged {
		if v.field(name) == nil {
			return fmt.Errorf("%s comes from an anchor, by a merge key (<<): it cannot be removed here", name)
		}
	}
	return w.collection(v, parts, added)
}

// merged are the members that merge keys add now; nil where there are none.
func (w *writer) merged(n *node) (map[string]any, error) {
	var all map[string]any
	for _, e := range n.entries {
		if !e.merge {
			continue
		}
		if all == nil {
			all = map[string]any{}
		}
		sources := []*node{e.value}
		if e.value.kind == sequence {
			sources = nil
			for _, one := range e.value.items {
				sources = append(sources, one.value)
			}
		}
		for _, source := range sources {
			if source.kind != alias || w.live == nil {
				return nil, errors.New("a merge key (<<) without an anchor cannot be edited")
			}
			data, err := w.standsFor(source)
			if err != nil {
				return nil, err
			}
			object, is := data.(map[string]any)
			if !is {
				return nil, errors.New("a merge key (<<) would stand for what is no mapping")
			}
			for name, one := range object {
				if _, there := all[name]; !there {
					all[name] = one
				}
			}
		}
	}
	return all, nil
}

// collection writes a list or an object.
func (w *writer) collection(v *value, parts []part, added []addition) error {
	if !slices.ContainsFunc(parts, func(p part) bool { return !p.gone }) {
		if len(parts) > 0 || len(added) > 0 {
			w.replace(v.slot, v.plain())
		}
		return nil
	}
	for _, p := range parts {
		if p.value != nil {
			if err := w.write(p.value); err != nil {
				return err
			}
		}
	}
	if v.slot.flow {
		w.flow(v, parts, added)
		return nil
	}
	return w.block(v, parts, added)
}
