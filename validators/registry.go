package validators

import (
	"fmt"
	"maps"
	"slices"
)

var registry = map[string]Validator{}

// register is called once by each check's file. Two checks of one name are a
// mistake in the program. The result is there for `var _ =` to take.
//
//nolint:unparam // see above
func register(v Validator) Validator {
	if _, taken := registry[v.Name]; taken {
		panic(fmt.Sprintf("two validators are called %s", v.Name))
	}
	registry[v.Name] = v
	return v
}

// All are the checks of the catalogue, by name.
func All() []Validator {
	all := make([]Validator, 0, len(registry))
	for _, name := range slices.Sorted(maps.Keys(registry)) {
		all = append(all, registry[name])
	}
	return all
}
