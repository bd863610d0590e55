package tape

import "reflect"

// memory is what objects are made in. It is used again for those of the next text, as the text's own
// memory is: a server that made them anew would do so at a hundred megabytes a second, and the
// collector's work is what one review in a hundred waits for.
type memory struct {
	plans *Plans
	// values are by the number that a planner gives to a type, see planner.number.
	values []values
	bytes  int
}

// values are those of one type that are in use, and behind them some that are zero.
type values struct {
	all  reflect.Value // a slice of the type
	used int
	// lists tells that the values are lists, which stay with what they can hold.
	lists bool
}

// fewest and most are how many values of a type memory is taken for at a time.
const fewest, most = 4, 256

// next is a value that is zero; a list has a length and what is in it is zero.
func (m *memory) next(number int, of reflect.Type) reflect.Value {
	for len(m.values) <= number {
		m.values = append(m.values, values{})
	}
	v := &m.values[number]
	if !v.all.IsValid() || v.used == v.all.Len() {
		// Those before stay with the object that has them, and are not used again.
		n := min(max(fewest, 2*v.used), most)
		v.all, v.used = reflect.MakeSlice(reflect.SliceOf(of), n, n), 0
		m.bytes += n * int(of.Size()) //nolint:gosec // a struct
	}
	v.used++
	return v.all.Index(v.used - 1)
}

// list is a list of so many values that are zero.
func (m *memory) list(number int, of reflect.Type, length int) reflect.Value {
	list := m.next(number, of)
	m.values[number].lists = true
	if list.Cap() < length {
		list.Set(reflect.MakeSlice(of, length, length))
		m.bytes += length * int(of.Elem().Size()) //nolint:gosec // a struct
	}
	list.SetLen(length)
	return list
}

// forget makes zero what is in use: whoever still had an object would find nothing in it, and
// nothing of it in the next one.
func (m *memory) forget() {
	for i := range m.values {
		v := &m.values[i]
		if v.used == 0 {
			continue
		}
		switch {
		case v.lists:
			for at := range v.used {
				v.all.Index(at).Clear()
			}
		case v.used > v.all.Len()/2 && v.used > 1:
			v.all.Clear()
		default:
			for at := range v.used {
				v.all.Index(at).SetZero()
			}
		}
		v.used = 0
	}
}

// memoryOf is the memory for objects that are made by plans.
func (t *Tape) memoryOf(plans *Plans) *memory {
	for _, m := range t.memories {
		if m.plans == plans {
			return m
		}
	}
	m := &memory{plans: plans}
	t.memories = append(t.memories, m)
	return m
}

// maps are maps of one type, of which some are in use.
type maps[M ~map[K]V, K comparable, V any] struct {
	all  []M
	used int
	// lengths are the most members that each has had: a map keeps the memory for them.
	lengths []int
}

func (m *maps[M, K, V]) forget() {
	for _, one := range m.all[:m.used] {
		clear(one)
	}
	m.used = 0
}

// Map is an empty map for the members of an object. It is used again once the Tape forgets its text.
func Map[M ~map[K]V, K comparable, V any](object Value) M {
	t, length := object.tape, object.Len()
	kind := reflect.TypeFor[M]()
	kept, _ := t.maps[kind].(*maps[M, K, V])
	if kept == nil {
		kept = &maps[M, K, V]{}
		if t.maps == nil {
			t.maps = map[reflect.Type]interface{ forget() }{}
		}
		t.maps[kind] = kept
	}
	if kept.used == len(kept.all) {
		kept.all, kept.lengths = append(kept.all, make(M, length)), append(kept.lengths, 0)
	}
	if more := max(length, 8) - kept.lengths[kept.used]; more > 0 {
		kept.lengths[kept.used] += more
		t.mapped += more * int(kind.Key().Size()+kind.Elem().Size()) //nolint:gosec // a struct
	}
	kept.used++
	return kept.all[kept.used-1]
}
