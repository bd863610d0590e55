package guardrail

import (
	"slices"
	"time"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// InForce is what of a Guardrail is in force.
type InForce struct {
	Name       string
	Validators []InForceValidator
	// Resources are what it looks at, as Set.Resources has them.
	Resources []Watched
	// Completes says that it has defaults, by which the templates of all guardrails are completed.
	Completes bool
}

// InForceValidator is a check or a rule that is in force.
type InForceValidator struct {
	Name string
	// Action is what follows from a finding, from EnforceFrom on if that is set.
	Action      v1alpha1.Action
	EnforceFrom time.Time
	// Rule says that it is a rule of the Guardrail, OverSet that it evaluates all objects together.
	Rule, OverSet bool
}

// InForce are the guardrails of the set, by name.
func (s *Set) InForce() []InForce {
	all := make([]InForce, 0, len(s.guardrails))
	for _, g := range s.guardrails {
		one := InForce{Name: g.name, Resources: g.resources(), Completes: len(g.mutators) > 0}
		for i := range g.validators {
			v := &g.validators[i]
			one.Validators = append(one.Validators, InForceValidator{
				Name: v.name, Action: v.action, EnforceFrom: v.enforceFrom, Rule: v.inCEL, OverSet: v.overSet != nil,
			})
		}
		all = append(all, one)
	}
	return all
}

func (g *guardrail) resources() (all []Watched) {
	for i := range g.validators {
		for _, r := range g.validators[i].resources {
			all = append(all, Watched{Resource: r, Denies: g.validators[i].action == v1alpha1.Deny})
		}
	}
	return slices.Clip(all)
}
