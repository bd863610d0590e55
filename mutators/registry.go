package mutators

import "taffrail.dev/taffrail/internal/params"

var registry params.Registry[Mutator]

// register is called once by each default's file.
//
//nolint:unparam // the result is there for `var _ =` to take
func register(m Mutator) Mutator { return registry.Register(m.Name, m) }

// All are the defaults of the catalogue, by name. Those that are Last run after the others.
func All() []Mutator { return registry.All() }

// Find is the default of a name.
func Find(name string) (Mutator, bool) { return registry.Find(name) }

// Names are the names of all defaults, sorted.
func Names() []string { return registry.Names() }
