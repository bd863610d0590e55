package guardrailtest

import (
	"cmp"
	"slices"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/admission"
)

// Coverage says what of the guardrails the cases exercise.
type Coverage struct {
	Guardrails []*GuardrailCoverage

	byEntry map[*entry][]*GuardrailCoverage
}

// GuardrailCoverage is that of one Guardrail.
type GuardrailCoverage struct {
	Name string
	// From is the file or name that it was read from.
	From    string
	Entries []*Entry

	byName map[[2]string]*Entry
}

// The kinds of entries.
const (
	Validator = "validator"
	Rule      = "rule"
	Mutator   = "mutator"
	Mutation  = "mutation"
)

// Entry is a validator, rule, mutator or mutation of a Guardrail.
type Entry struct {
	Kind, Name string
	// Action is what follows from a finding; what changes has none.
	Action v1alpha1.Action
	// Cases are those in which it found or changed something.
	Cases int
}

func newCoverage() *Coverage { return &Coverage{byEntry: map[*entry][]*GuardrailCoverage{}} }

// covered is the coverage of the guardrails of a set, which have names of their own.
type covered struct{ guardrails map[string]*GuardrailCoverage }

func (c *Coverage) of(g *guardrails) *covered {
	out := &covered{guardrails: map[string]*GuardrailCoverage{}}
	for _, e := range g.entries {
		known, found := c.byEntry[e]
		if !found {
			for i := range e.objects.Guardrails {
				known = append(known, coverageOf(&e.objects.Guardrails[i], e.from))
			}
			c.byEntry[e] = known
			c.Guardrails = append(c.Guardrails, known...)
		}
		for _, one := range known {
			out.guardrails[one.Name] = one
		}
	}
	return out
}

func coverageOf(in *v1alpha1.Guardrail, from string) *GuardrailCoverage {
	g := &GuardrailCoverage{Name: in.Name, From: from, byName: map[[2]string]*Entry{}}
	add := func(kind, name string, action v1alpha1.Action) {
		e := &Entry{Kind: kind, Name: name, Action: action}
		g.Entries = append(g.Entries, e)
		g.byName[[2]string{kind, name}] = e
	}
	for _, m := range in.Spec.Mutators {
		add(Mutator, m.Name, "")
	}
	for _, m := range in.Spec.Mutations {
		add(Mutation, m.Name, "")
	}
	together := guardrail.OverSet(&in.Spec)
	for _, v := range in.Spec.Validators {
		if v.Name != guardrail.Schema && !slices.Contains(together, v.Name) { // which evaluate files, and no request
			add(Validator, v.Name, cmp.Or(v.Action, v1alpha1.Deny))
		}
	}
	for _, rule := range in.Spec.Rules {
		add(Rule, rule.Name, cmp.Or(rule.Action, v1alpha1.Deny))
	}
	return g
}

// note notes what a case exercises: what finds or changes something, be it exempt.
func (c *covered) note(o *admission.Outcome) {
	exercised := map[*Entry]bool{}
	note := func(in, kind, name string) {
		if g := c.guardrails[in]; g != nil {
			if e := g.byName[[2]string{kind, name}]; e != nil {
				exercised[e] = true
			}
		}
	}
	for _, applied := range o.Mutation.Applied {
		note(applied.Guardrail, Mutator, applied.Mutator)
		note(applied.Guardrail, Mutation, applied.Mutator) // no default has its name
	}
	for _, findings := range [][]*guardrail.Finding{o.Decision.Findings, o.Decision.Exempted} {
		for _, f := range findings {
			kind := Validator
			if f.Rule {
				kind = Rule
			}
			note(f.Guardrail, kind, f.Validator)
		}
	}
	for e := range exercised {
		e.Cases++
	}
}

// Count is how many entries there are of a kind, and how many of them some case exercises.
func (g *GuardrailCoverage) Count(kind string) (exercised, all int) {
	for _, e := range g.Entries {
		if e.Kind != kind {
			continue
		}
		all++
		if e.Cases > 0 {
			exercised++
		}
	}
	return exercised, all
}

// Missing are the entries that no case exercises.
func (g *GuardrailCoverage) Missing() (names []string) {
	for _, e := range g.Entries {
		if e.Cases == 0 {
			names = append(names, e.Name)
		}
	}
	return names
}

// Percent is how much of all guardrails is exercised, rounded down: 100 means all.
func (c *Coverage) Percent() int {
	exercised, all := 0, 0
	for _, g := range c.Guardrails {
		for _, e := range g.Entries {
			all++
			if e.Cases > 0 {
				exercised++
			}
		}
	}
	if all == 0 {
		return 100
	}
	return 100 * exercised / all
}
