package edit

import (
	"maps"
	"reflect"
	"slices"
)

// value is a value as operations have left it.
type value struct {
	// slot is where it is written, nil where it is not, or not by itself: below an alias.
	slot *node
	// fresh says that it is written anew.
	fresh bool
	// data is what it was at first, or has become. What is open has its members in fields and items.
	data   any
	open   bool
	fields []*field
	items  []*value
}

// field is a member of a mapping.
type field struct {
	name  string
	value *value
	// elsewhere says that it is written by a merge key, if at all.
	elsewhere bool
}

func (v *value) isList() bool {
	_, is := v.data.([]any)
	return is
}

func (v *value) isObject() bool {
	_, is := v.data.(map[string]any)
	return is
}

// written is where the members are written, or nil.
func (v *value) written(k kind) *node {
	if v.slot == nil || v.fresh || v.slot.kind != k {
		return nil
	}
	return v.slot
}

// expand makes members of a list or an object, for them to be changed one by one.
func (v *value) expand() {
	if v.open {
		return
	}
	switch data := v.data.(type) {
	case map[string]any:
		v.open = true
		v.expandObject(data)
	case []any:
		v.open = true
		n := v.written(sequence)
		for i, one := range data {
			child := &value{data: one}
			if n != nil && len(n.items) == len(data) {
				child.slot = n.items[i].value
			}
			v.items = append(v.items, child)
		}
	}
}

func (v *value) expandObject(data map[string]any) {
	there := map[string]bool{}
	if n := v.written(mapping); n != nil {
		// Of a key that is there twice the last one counts.
		for _, e := range slices.Backward(n.entries) {
			if one, is := data[e.name]; is && !e.merge && !there[e.name] {
				there[e.name] = true
				v.fields = append(v.fields, &field{name: e.name, value: &value{slot: e.value, data: one}})
			}
		}
		slices.Reverse(v.fields)
	}
	for _, name := range slices.Sorted(maps.Keys(data)) {
		if !there[name] {
			v.fields = append(v.fields, &field{name: name, value: &value{data: data[name]}, elsewhere: v.written(mapping) != nil})
		}
	}
}

// field is a member, or nil.
func (v *value) field(name string) *field {
	i := slices.IndexFunc(v.fields, func(f *field) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return v.fields[i]
}

// plain is the value without where it is written.
func (v *value) plain() any {
	switch {
	case !v.open:
		return v.data
	case v.isList():
		list := make([]any, len(v.items))
		for i, one := range v.items {
			list[i] = one.plain()
		}
		return list
	default:
		object := make(map[string]any, len(v.fields))
		for _, f := range v.fields {
			object[f.name] = f.value.plain()
		}
		return object
	}
}

// become makes another value of it. What both have in common stays as it is written.
func (v *value) become(data any) {
	switch to := data.(type) {
	case map[string]any:
		if v.isObject() {
			v.becomeObject(to)
			return
		}
	case []any:
		if v.isList() {
			v.becomeList(to)
			return
		}
	default:
		if reflect.DeepEqual(v.data, data) {
			return
		}
	}
	*v = value{slot: v.slot, fresh: true, data: data}
}

func (v *value) becomeObject(to map[string]any) {
	v.expand()
	v.fields = slices.DeleteFunc(v.fields, func(f *field) bool {
		_, stays := to[f.name]
		return !stays
	})
	for _, name := range sortedNames(to) {
		v.set(name, to[name])
	}
}

func (v *value) becomeList(to []any) {
	v.expand()
	v.items = v.items[:min(len(v.items), len(to))]
	for i, data := range to {
		if i < len(v.items) {
			v.items[i].become(data)
		} else {
			v.items = append(v.items, &value{fresh: true, data: data})
		}
	}
}

// set sets a member of an object.
func (v *value) set(name string, data any) {
	if f := v.field(name); f != nil {
		f.value.become(data)
		return
	}
	v.fields = append(v.fields, &field{name: name, value: &value{fresh: true, data: data}})
}

// expandAll opens all of it.
func (v *value) expandAll() {
	v.expand()
	for _, f := range v.fields {
		f.value.expandAll()
	}
	for _, one := range v.items {
		one.expandAll()
	}
}
