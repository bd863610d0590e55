// Package reference says what there is to say of each check and default. It is said once, and
// rendered twice: as the pages under docs/reference, and by `taffrail explain`.
package reference

import (
	"cmp"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// The lists of a Guardrail in which a name of the catalogue may stand; also the
// folders of the pages.
const (
	Validators = "validators"
	Mutators   = "mutators"
)

// Page is what is said of one check or default.
type Page struct {
	List          string // Validators or Mutators
	Name, Summary string
	Doc           string // Markdown
	Severity      validators.Severity
	Resources     []validators.Resource
	// OverSet has the kinds in which a check over all objects together finds something; nil for
	// another check.
	OverSet    *validators.OverSet
	Controls   []string
	Parameters []params.Parameter
	References []params.Reference
	// Action is what the built-in guardrail does: Deny, Warn, Audit, on or off.
	Action string

	// takes tells whether parameters, strictly decoded, are all right.
	takes func(params.Decode) bool
	// validate is nil for a default.
	validate func(params.Decode) (validators.Validate, error)
}

// Pages are those of all checks, then those of all defaults, by name.
func Pages() []Page {
	checked, set := builtIn()
	var pages []Page
	for _, v := range validators.All() {
		pages = append(pages, Page{
			List: Validators, Name: v.Name, Summary: v.Summary, Doc: v.Doc,
			Severity: v.Severity, Resources: v.Resources, OverSet: v.OverSet, Controls: v.Controls,
			Parameters: params.Describe(v.New), References: v.References,
			Action: cmp.Or(checked[v.Name], "off"),
			takes:  taker(v.New), validate: v.New,
		})
	}
	for _, m := range mutators.All() {
		pages = append(pages, Page{
			List: Mutators, Name: m.Name, Summary: m.Summary, Doc: m.Doc,
			Parameters: params.Describe(m.New), References: m.References,
			Action: cmp.Or(set[m.Name], "off"),
			takes:  taker(m.New),
		})
	}
	return pages
}

// builtIn is what the built-in guardrail does, by the names of its checks and its defaults.
func builtIn() (checked, set map[string]string) {
	checked, set = map[string]string{}, map[string]string{}
	for _, g := range guardrail.Default().Guardrails {
		for _, v := range g.Spec.Validators {
			checked[v.Name] = string(cmp.Or(v.Action, v1alpha1.Deny))
		}
		for _, m := range g.Spec.Mutators {
			set[m.Name] = "on"
		}
	}
	return checked, set
}

func taker[T any](constructor func(params.Decode) (T, error)) func(params.Decode) bool {
	return func(decode params.Decode) bool {
		_, err := constructor(decode)
		return err == nil
	}
}
