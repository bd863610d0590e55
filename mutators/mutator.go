// Package mutators is the catalogue of defaults.
//
// A default is one value in one file, named alike: default_resource_requests.go
// holds default-resource-requests, and testdata/default-resource-requests/ its
// fixtures. Nothing else is edited by hand to add one.
//
// A default changes a Pod by the verbs of workload.Pod alone. It is idempotent,
// gives the same whatever the order of the defaults, never overwrites what is
// set, and never makes a Pod invalid.
package mutators

import (
	"taffrail.dev/taffrail/catalogue"
	"taffrail.dev/taffrail/workload"
)

// Mutator is one default of the catalogue.
type Mutator struct {
	// Name is the configuration key, the metric label, the documentation anchor,
	// the folder of the fixtures and, with underscores, the file.
	Name string
	// Summary says in a line what is set.
	Summary string
	// Doc says why, and when it is left alone, in Markdown.
	Doc string
	// References lead to the peers' names for the same.
	References []catalogue.Reference
	// New makes the default of its parameters. Its error names all that is wrong
	// with them.
	New func(decode catalogue.Decode) (Mutate, error)
}

// Mutate completes the Pod of a review.
type Mutate func(*workload.Review)
