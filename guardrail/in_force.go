package guardrail

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/sets"
)

// InForce is what of a Guardrail is in force.
type InForce struct {
	Name       string
	Validators []InForceValidator
	// Resources are what it looks at, as Set.Resources has them.
	Resources []Watched
	// Completes says that it has defaults, or mutations of the Pods of templates, by which the templates of
	// all guardrails are completed.
	Completes bool
}

// InForceValidator is a check or a rule that is in force.
type InForceValidator struct {
	Name string
	// Action is what follows from a finding, from EnforceFrom on if that is set.
	Action      v1alpha1.Action
	EnforceFrom time.Time
	// Rule says that it is a rule of the Guardrail.
	Rule bool
	// Needs are the facts that a check over all objects together asks for; others ask for none.
	Needs sets.Needs
	// Kinds are those in whose objects such a check finds something.
	Kinds []schema.GroupKind
}

// Over are the kinds in whose objects checks over all objects together find something.
func (g *InForce) Over() (kinds []schema.GroupKind) {
	for i := range g.Validators {
		kinds = append(kinds, g.Validators[i].Kinds...)
	}
	return kinds
}

// InForce are the guardrails of the set, by name.
func (s *Set) InForce() []InForce {
	all := make([]InForce, 0, len(s.guardrails))
	for _, g := range s.guardrails {
		one := InForce{Name: g.name, Resources: g.resources(), Completes: len(g.mutators) > 0 || g.mutatesTemplates()}
		for i := range g.validators {
			v := &g.validators[i]
			in := InForceValidator{Name: v.name, Action: v.action, EnforceFrom: v.enforceFrom, Rule: v.inCEL}
			if v.overSet != nil {
				in.Needs, in.Kinds = v.overSet.Needs, v.overSet.Kinds
			}
			one.Validators = append(one.Validators, in)
		}
		all = append(all, one)
	}
	return all
}

func (g *guardrail) resources() (all []Watched) {
	for i := range g.validators {
		for _, r := range g.validators[i].resources {
			if len(g.match.conditions) > 0 {
				r.Only = "" // that they fail is a finding, whatever the check would find
			}
			all = append(all, Watched{Resource: r, Denies: g.validators[i].action == v1alpha1.Deny})
		}
	}
	return slices.Clip(all)
}
