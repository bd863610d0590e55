package guardrail

import "errors"

// flatten takes an error apart that joins several: one made by errors.Join, or
// an aggregate of apimachinery.
func flatten(err error) []error {
	var parts []error
	var joined interface{ Unwrap() []error }
	var aggregate interface{ Errors() []error }
	switch {
	case errors.As(err, &joined):
		parts = joined.Unwrap()
	case errors.As(err, &aggregate):
		parts = aggregate.Errors()
	default:
		return []error{err}
	}
	var all []error
	for _, part := range parts {
		all = append(all, flatten(part)...)
	}
	return all
}
