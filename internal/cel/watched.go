package cel

import (
	"reflect"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// reads is what expressions have read of a document: a tree as the document is one, in which all
// items of a list are one.
type reads struct {
	fields map[string]*reads // by the keys that were looked up, there or not
	items  *reads            // of a list: its length counts too
	all    bool              // everything below
}

func (r *reads) field(name string) *reads {
	if r.fields == nil {
		r.fields = map[string]*reads{}
	}
	if r.fields[name] == nil {
		r.fields[name] = &reads{}
	}
	return r.fields[name]
}

func (r *reads) item() *reads {
	if r.items == nil {
		r.items = &reads{}
	}
	return r.items
}

// watch makes a value of a part of a document that notes what is read of it.
func watch(part any, seen *reads) ref.Val {
	switch part := part.(type) {
	case map[string]any:
		return &watchedMap{types.DefaultTypeAdapter.NativeToValue(part).(traits.Mapper), part, seen}
	case []any:
		return &watchedList{types.DefaultTypeAdapter.NativeToValue(part).(traits.Lister), part, seen}
	default:
		seen.all = true
		return types.DefaultTypeAdapter.NativeToValue(part)
	}
}

// unwatched are the values themselves: what is counted is not read.
func unwatched(values []ref.Val) []ref.Val {
	for i, v := range values {
		switch v := v.(type) {
		case *watchedMap:
			values[i] = v.Mapper
		case *watchedList:
			values[i] = v.Lister
		}
	}
	return values
}

type watchedMap struct {
	traits.Mapper
	part map[string]any
	seen *reads
}

// Find implements traits.Mapper.
func (m *watchedMap) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return m.Mapper.Find(key)
	}
	seen := m.seen.field(string(name))
	part, found := m.part[string(name)]
	if !found {
		return nil, false
	}
	return watch(part, seen), true
}

// Get implements traits.Indexer.
func (m *watchedMap) Get(key ref.Val) ref.Val {
	if value, found := m.Find(key); found {
		return value
	}
	return m.Mapper.Get(key) // the error
}

// Contains implements traits.Container.
func (m *watchedMap) Contains(key ref.Val) ref.Val {
	if name, ok := key.(types.String); ok {
		m.seen.field(string(name))
	}
	return m.Mapper.Contains(key)
}

func (m *watchedMap) whole() traits.Mapper {
	m.seen.all = true
	return m.Mapper
}

// Iterator implements traits.Iterable.
func (m *watchedMap) Iterator() traits.Iterator { return m.whole().Iterator() }

// Size implements traits.Sizer.
func (m *watchedMap) Size() ref.Val { return m.whole().Size() }

// Equal implements ref.Val.
func (m *watchedMap) Equal(other ref.Val) ref.Val { return m.whole().Equal(other) }

// Value implements ref.Val.
func (m *watchedMap) Value() any { return m.whole().Value() }

// ConvertToNative implements ref.Val.
func (m *watchedMap) ConvertToNative(t reflect.Type) (any, error) {
	return m.whole().ConvertToNative(t)
}

// ConvertToType implements ref.Val.
func (m *watchedMap) ConvertToType(t ref.Type) ref.Val { return m.whole().ConvertToType(t) }

type watchedList struct {
	traits.Lister
	part []any
	seen *reads
}

// values are the items, each watched.
func (l *watchedList) values() []ref.Val {
	seen := l.seen.item()
	all := make([]ref.Val, len(l.part))
	for i, part := range l.part {
		all[i] = watch(part, seen)
	}
	return all
}

// Get implements traits.Indexer.
func (l *watchedList) Get(index ref.Val) ref.Val {
	seen := l.seen.item()
	if i, ok := index.(types.Int); ok && i >= 0 && int(i) < len(l.part) {
		return watch(l.part[i], seen)
	}
	return l.Lister.Get(index)
}

// Iterator implements traits.Iterable.
func (l *watchedList) Iterator() traits.Iterator {
	return types.NewRefValList(types.DefaultTypeAdapter, l.values()).Iterator()
}

// Size implements traits.Sizer.
func (l *watchedList) Size() ref.Val {
	l.seen.item()
	return l.Lister.Size()
}

// Add implements traits.Adder: lists of containers are read together.
func (l *watchedList) Add(other ref.Val) ref.Val {
	list, ok := other.(traits.Lister)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	all := l.values()
	for i := list.Iterator(); i.HasNext() == types.True; {
		all = append(all, i.Next())
	}
	return types.NewRefValList(types.DefaultTypeAdapter, all)
}

func (l *watchedList) whole() traits.Lister {
	l.seen.item().all = true
	return l.Lister
}

// Contains implements traits.Container.
func (l *watchedList) Contains(value ref.Val) ref.Val { return l.whole().Contains(value) }

// Equal implements ref.Val.
func (l *watchedList) Equal(other ref.Val) ref.Val { return l.whole().Equal(other) }

// Value implements ref.Val.
func (l *watchedList) Value() any { return l.whole().Value() }

// ConvertToNative implements ref.Val.
func (l *watchedList) ConvertToNative(t reflect.Type) (any, error) {
	return l.whole().ConvertToNative(t)
}

// ConvertToType implements ref.Val.
func (l *watchedList) ConvertToType(t ref.Type) ref.Val { return l.whole().ConvertToType(t) }
