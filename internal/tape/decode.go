package tape

import (
	"encoding/json"
	"reflect"
	"strconv"
)

func fitsNothing(t *Tape, at int, _ reflect.Value) bool { return t.nodes[at].kind() == Null }

func decodeByMethod(t *Tape, at int, into reflect.Value) bool {
	return into.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(Value{t, at}.Raw()) == nil
}

func decodeString(t *Tape, at int, into reflect.Value) bool {
	switch t.nodes[at].kind() {
	case String:
		if !t.hollow {
			into.SetString(t.string(at))
		}
		return true
	default:
		return t.nodes[at].kind() == Null
	}
}

func decodeBool(t *Tape, at int, into reflect.Value) bool {
	kind := t.nodes[at].kind()
	if kind == True {
		into.SetBool(true)
	}
	return kind <= True
}

func decodeInt(t *Tape, at int, into reflect.Value) bool {
	switch t.nodes[at].kind() {
	case Number:
		n, ok := t.int(at)
		if !ok || into.OverflowInt(n) {
			return false
		}
		into.SetInt(n)
		return true
	default:
		return t.nodes[at].kind() == Null
	}
}

// int is a number that is whole, as it is written.
func (t *Tape) int(at int) (int64, bool) {
	raw := t.text[t.nodes[at].start:t.nodes[at].end]
	if len(raw) > len("-9223372036854775808") {
		return 0, false
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return n, err == nil
}

func pointerTo(to *Plan) decode {
	return func(t *Tape, at int, into reflect.Value) bool {
		if t.nodes[at].kind() == Null {
			return true
		}
		made := t.memory.next(to.number, to.of)
		into.Set(made.Addr())
		return to.decode(t, at, made)
	}
}

func sliceOf(slice reflect.Type, number int, of *Plan) decode {
	none := reflect.MakeSlice(slice, 0, 0)
	return func(t *Tape, at int, into reflect.Value) bool {
		n := &t.nodes[at]
		if n.kind() != Array {
			return n.kind() == Null
		}
		if n.count() == 0 {
			into.Set(none)
			return true
		}
		into.Set(t.memory.list(number, slice, n.count()))
		into.SetCap(n.count()) // who appends to it takes memory of its own
		for i := range n.count() {
			item := at + 1
			if i > 0 {
				item = at
			}
			if !of.decode(t, item, into.Index(i)) {
				return false
			}
			at = int(t.nodes[item].next)
		}
		return true
	}
}

func mapOf(of reflect.Type, to *Plan) decode {
	return func(t *Tape, at int, into reflect.Value) bool {
		n := &t.nodes[at]
		if n.kind() != Object {
			return n.kind() == Null
		}
		made := reflect.MakeMapWithSize(of, n.count())
		into.Set(made)
		key := reflect.New(of.Key()).Elem()
		for name := at + 1; name < int(n.next); name = int(t.nodes[name+1].next) {
			value := reflect.New(of.Elem()).Elem()
			if !to.decode(t, name+1, value) {
				return false
			}
			key.SetString(t.string(name))
			made.SetMapIndex(key, value)
		}
		return true
	}
}

// field is a member that a struct has a place for.
type field struct {
	name  string
	index []int
	plan  *Plan
}

// members decodes into a struct. What it has no field for is passed over.
type members struct{ fields []field }

func (m *members) decode(t *Tape, at int, into reflect.Value) bool {
	n := &t.nodes[at]
	if n.kind() != Object {
		return n.kind() == Null
	}
	last := -1
	for name := at + 1; name < int(n.next); name = int(t.nodes[name+1].next) {
		if i := m.find(t.inner(name), last); i >= 0 {
			f := &m.fields[i]
			place := into.Field(f.index[0])
			for _, inner := range f.index[1:] {
				place = place.Field(inner)
			}
			if !f.plan.decode(t, name+1, place) {
				return false
			}
			last = i
		}
	}
	return true
}

// find looks for a field from the one on that was found last: most writers keep to the order of the
// type. No name of a field is written with escapes here, see Tape.name.
func (m *members) find(name []byte, last int) int {
	for i := last + 1; i < len(m.fields); i++ {
		if m.fields[i].name == string(name) {
			return i
		}
	}
	for i := range last {
		if m.fields[i].name == string(name) {
			return i
		}
	}
	return -1
}
