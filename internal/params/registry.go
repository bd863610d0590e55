package params

import (
	"fmt"
	"maps"
	"slices"
)

// Registry is one of the two catalogues: what its files have registered, by name.
type Registry[T any] struct{ entries map[string]T }

// Register takes an entry, and returns it for `var _ =` to take. It is called while the program is
// initialized, once by each file of a catalogue; two entries of one name are a mistake in the
// program, so it panics.
func (r *Registry[T]) Register(name string, entry T) T {
	if _, taken := r.entries[name]; taken {
		panic(fmt.Sprintf("two entries of a catalogue are called %s", name))
	}
	if r.entries == nil {
		r.entries = map[string]T{}
	}
	r.entries[name] = entry
	return entry
}

// Find is the entry of a name.
func (r *Registry[T]) Find(name string) (entry T, found bool) {
	entry, found = r.entries[name]
	return entry, found
}

// Names are the names of all entries, sorted.
func (r *Registry[T]) Names() []string { return slices.Sorted(maps.Keys(r.entries)) }

// All are all entries, by name.
func (r *Registry[T]) All() []T {
	all := make([]T, 0, len(r.entries))
	for _, name := range r.Names() {
		all = append(all, r.entries[name])
	}
	return all
}
