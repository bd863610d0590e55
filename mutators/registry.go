package mutators

import (
	"fmt"
	"maps"
	"slices"
)

var registry = map[string]Mutator{}

// register is called once by each default's file. Two defaults of one name are
// a mistake in the program. The result is there for `var _ =` to take.
//
//nolint:unparam // see above
func register(m Mutator) Mutator {
	if _, taken := registry[m.Name]; taken {
		panic(fmt.Sprintf("two mutators are called %s", m.Name))
	}
	registry[m.Name] = m
	return m
}

// All are the defaults of the catalogue, by name. Those that are Last run after
// the others.
func All() []Mutator {
	all := make([]Mutator, 0, len(registry))
	for _, name := range slices.Sorted(maps.Keys(registry)) {
		all = append(all, registry[name])
	}
	return all
}
