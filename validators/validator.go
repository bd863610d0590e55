// Package validators is the catalogue of checks.
//
// A check is one value in one file, named alike: image_latest_tag.go holds image-latest-tag, and
// testdata/image-latest-tag/ its fixtures. Nothing else is edited by hand to add one. A check is a
// function of the review: it has no client, no logger and no clock. What else it needs the review
// gives: the labels of the Namespace, and to pod-security the Pods there.
package validators

import (
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

// Validator is one check of the catalogue.
type Validator struct {
	// Name is the configuration key, the metric label, the documentation anchor,
	// the folder of the fixtures and, with underscores, the file.
	Name string
	// Summary says in a line what is refused.
	Summary string
	// Doc says why it matters and what to write instead, in Markdown.
	Doc      string
	Severity Severity
	// References lead to the standards and to the peers' names for the same.
	References []params.Reference
	// Resources are what the check looks at.
	Resources []Resource
	// Narrow tells which of the Resources are left to look at with parameters that
	// need fewer; nil leaves all. Webhooks have no rule for the others.
	Narrow func(decode params.Decode) ([]Resource, error)
	// InTemplates says that the check finds fault with Pods, although it looks at nothing but the
	// objects that hold their templates.
	InTemplates bool
	// Controls are the parts of a standard that the check covers, each of which
	// an Exemption may name.
	Controls []string
	// New makes the check of its parameters. Its error names all that is wrong with them.
	New func(decode params.Decode) (Validate, error)
	// OverSet takes the place of New and Resources in a check over all objects together, which
	// `check` makes and no webhook can.
	OverSet *OverSet
}

// Validate is a check with its parameters. It never changes the review.
type Validate func(*workload.Review) []Finding

// withoutParameters is the constructor of a check that has none.
func withoutParameters(validate Validate) func(params.Decode) (Validate, error) {
	return func(decode params.Decode) (Validate, error) { return validate, decode(&struct{}{}) }
}

// onPods makes a check of one that evaluates Pods. The template of another object
// is evaluated as the Pod that it becomes.
func onPods(validate func(*workload.Pod) []Finding) Validate {
	return func(r *workload.Review) []Finding {
		if r.Pod == nil {
			return nil
		}
		return validate(r.Pod)
	}
}

// Severity is how bad it is when a check is broken.
type Severity string

// The severities, from a matter of order to one of the whole cluster.
const (
	Low      Severity = "Low"
	Medium   Severity = "Medium"
	High     Severity = "High"
	Critical Severity = "Critical"
)
