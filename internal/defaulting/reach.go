package defaulting

import (
	"reflect"
	"sync"
)

// way is what of a type leads to defaults. Most of an object does not, and is not gone through.
type way struct {
	defaults func(any) // nil where the type has none of its own
	elem     *way      // of a pointer or a slice
	fields   []fieldWay
}

type fieldWay struct {
	index int
	*way
}

// ways are those of the types that have been seen, nil where there are no defaults in one.
var ways = struct {
	sync.Mutex
	of map[reflect.Type]*way
}{of: map[reflect.Type]*way{}}

func wayInto(t reflect.Type) *way {
	ways.Lock()
	defer ways.Unlock()
	return find(t)
}

func find(t reflect.Type) *way {
	known, is := ways.of[t]
	if is {
		return known
	}
	if !search(t, map[reflect.Type]bool{}) {
		ways.of[t] = nil
		return nil
	}
	w := &way{defaults: table[t]}
	ways.of[t] = w // before what is in it: a type may hold itself
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		w.elem = find(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if field := t.Field(i); field.IsExported() {
				if into := find(field.Type); into != nil {
					w.fields = append(w.fields, fieldWay{i, into})
				}
			}
		}
	}
	return w
}

// search goes through a type. Types that are seen again, such as a schema's, say nothing new.
func search(t reflect.Type, seen map[reflect.Type]bool) bool {
	if table[t] != nil {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return search(t.Elem(), seen)
	case reflect.Struct:
		for field := range t.Fields() {
			if field.IsExported() && search(field.Type, seen) {
				return true
			}
		}
	}
	return false
}

// set sets the defaults of a value, and then those of what is in it: what is made by the first has
// defaults of its own.
func (w *way) set(value reflect.Value) {
	if w == nil {
		return
	}
	if w.defaults != nil {
		w.defaults(value.Addr().Interface())
	}
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			w.elem.set(value.Elem())
		}
	case reflect.Slice:
		for i := range value.Len() {
			w.elem.set(value.Index(i))
		}
	case reflect.Struct:
		for _, field := range w.fields {
			field.set(value.Field(field.index))
		}
	}
}
