// Package mutators is the catalogue of defaults.
//
// A default is one value in one file, named alike: default_resource_requests.go
// holds default-resource-requests, and testdata/default-resource-requests/ its
// fixtures. Nothing else is edited by hand to add one.
//
// A default changes a Pod by the verbs of workload.Pod alone. It is idempotent, never overwrites
// what is set, but for those whose documentation says that they replace it, and never makes a Pod
// invalid. Defaults give the same whatever their order, as long as those that are Last run after
// the others; of two that are told to set the same field to different values, the first one does.
package mutators

import (
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
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
	References []params.Reference
	// Last defaults look at what others set: labels, requests, a runtime class.
	// They run after those that are not, and none of them looks at another.
	Last bool
	// New makes the default of its parameters. Its error names all that is wrong with them.
	New func(decode params.Decode) (Mutate, error)
}

// Mutate completes the Pod of a review.
type Mutate func(*workload.Review)
