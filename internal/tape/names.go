package tape

import (
	"bytes"
	"hash/maphash"
)

// fewNames is how many names of an object are compared with each other. More go into a table, or an
// object of thousands would take the square of them.
const fewNames = 24

// bitOf tells names apart, most of the time.
func bitOf(name []byte) uint64 {
	n := len(name)
	if n == 0 {
		return 1
	}
	sum := uint32(n) | uint32(name[n-1])<<8 | uint32(name[n/2])<<16 | uint32(name[n/4])<<24 //nolint:gosec // what is cut off tells little
	return 1 << (sum * 0x9e3779b1 >> 26)
}

// repeated tells whether an object has a name before it comes again.
func (t *Tape) repeated(object, name int) bool {
	again := t.inner(name)
	for at := object + 1; at < name; at = int(t.nodes[at+1].next) {
		if bytes.Equal(t.inner(at), again) {
			return true
		}
	}
	return false
}

// seed is not known to whoever chooses names.
var seed = maphash.MakeSeed()

// repeats tells whether any name of an object comes twice.
func (t *Tape) repeats(object int) bool {
	n := &t.nodes[object]
	size := 64
	for size < n.count()*2 {
		size *= 2
	}
	if cap(t.places) < size {
		t.places = make([]uint32, size)
	}
	places := t.places[:size]
	clear(places)
	for at := object + 1; at < int(n.next); at = int(t.nodes[at+1].next) {
		name := t.inner(at)
		i := int(maphash.Bytes(seed, name)) & (size - 1) //nolint:gosec // the lower bits count
		for ; places[i] != 0; i = (i + 1) & (size - 1) {
			if bytes.Equal(t.inner(int(places[i])), name) {
				return true
			}
		}
		places[i] = uint32(at) //nolint:gosec // below maxNodes
	}
	return false
}
