package policy

import (
	"encoding/json"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// Rule is a rule of a policy, and what became of it.
type Rule struct {
	// Source is the tool's name, Policy the object and Name the rule within it, if it has several.
	Source string
	Policy *Object
	Name   string
	// Guardrail is what its Guardrail is called, in place of the policy's name.
	Guardrail string

	// Parts are what it became.
	Parts []Part
	// Differences say in a sentence each what the parts do differently.
	Differences []string
	// Left says why it is left, and Instead what to do.
	Left, Instead string

	// Excepts says which rules an exception is for: its parts hold Exemptions without validators.
	Excepts []Reference
}

// Reference names rules of policies. Globs are allowed in Rules.
type Reference struct {
	Kinds             []string
	Namespace, Policy string
	Rules             []string // none: all
}

// Part is what goes into one Guardrail.
type Part struct {
	Match      v1alpha1.Match
	Mutators   []v1alpha1.Mutator
	Mutations  []v1alpha1.Mutation
	Validators []v1alpha1.Validator
	Rules      []v1alpha1.Rule
	Exemptions []v1alpha1.Exemption
}

// Outcome is how a rule was taken over.
type Outcome string

// The outcomes.
const (
	Exact  Outcome = "exact"
	Nearly Outcome = "nearly"
	Left   Outcome = "left"
)

// Outcome is how the rule was taken over.
func (r *Rule) Outcome() Outcome {
	switch {
	case r.Left != "":
		return Left
	case len(r.Differences) > 0:
		return Nearly
	}
	return Exact
}

// Differ notes a difference, once.
func (r *Rule) Differ(sentence string) {
	if !slices.Contains(r.Differences, sentence) {
		r.Differences = append(r.Differences, sentence)
	}
}

// Leave says that the rule is left. The first reason stands; nothing of it is carried over, since a
// part alone might refuse more or less than the whole.
func (r *Rule) Leave(why, instead string) {
	if r.Left == "" {
		r.Left, r.Instead = why, instead
	}
	r.Parts = nil
}

// Check is a check of the catalogue with its parameters; nil for none.
func Check(name string, params map[string]any) v1alpha1.Validator {
	return v1alpha1.Validator{Name: name, Params: Params(params)}
}

// Default is a default of the catalogue with its parameters; nil for none.
func Default(name string, params map[string]any) v1alpha1.Mutator {
	return v1alpha1.Mutator{Name: name, Params: Params(params)}
}

// Params are parameters as they stand in a Guardrail.
func Params(params map[string]any) *runtime.RawExtension {
	if len(params) == 0 {
		return nil
	}
	raw, err := json.Marshal(params)
	if err != nil {
		return nil // they come from JSON
	}
	return &runtime.RawExtension{Raw: raw}
}

// Controls is one check of the Pod Security Standards or several, and nothing else of them.
func Controls(level string, controls ...string) v1alpha1.Validator {
	return Check("pod-security", map[string]any{"level": level, "controls": controls})
}

// WithAction sets the action of all that a part checks.
func (p *Part) WithAction(action v1alpha1.Action) {
	for i := range p.Validators {
		p.Validators[i].Action = action
	}
	for i := range p.Rules {
		p.Rules[i].Action = action
	}
}
