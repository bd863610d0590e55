package validators

import "taffrail.dev/taffrail/internal/params"

var registry params.Registry[Validator]

// register is called once by each check's file.
//
//nolint:unparam // the result is there for `var _ =` to take
func register(v Validator) Validator {
	if v.OverSet != nil {
		v.New = v.OverSet.parameters
	}
	return registry.Register(v.Name, v)
}

// All are the checks of the catalogue, by name.
func All() []Validator { return registry.All() }

// Find is the check of a name.
func Find(name string) (Validator, bool) { return registry.Find(name) }

// Names are the names of all checks, sorted.
func Names() []string { return registry.Names() }
