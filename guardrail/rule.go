package guardrail

import (
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/validators"
)

// rule makes a validator of a rule in CEL: what follows from its findings is the same.
func (*builder) rule(in *v1alpha1.Rule, at *field.Path) (validator, field.ErrorList) {
	mistakes := ruleName(in.Name, at.Child("name"))
	if len(in.Resources) == 0 {
		mistakes = append(mistakes, field.Required(at.Child("resources"), "must name what the rule looks at"))
	}
	out := validator{name: in.Name, severity: validators.Medium, inCEL: true}
	for i := range in.Resources {
		mistakes = append(mistakes, checkSelector(&in.Resources[i], at.Child("resources").Index(i))...)
		mistakes = append(mistakes, ownStatus(&in.Resources[i], at.Child("resources").Index(i))...)
		out.resources = append(out.resources, resourcesOf(&in.Resources[i])...)
	}
	mistakes = append(mistakes, out.setAction(in.Action, in.EnforceFrom, at)...)
	rule, wrong := cel.CompileRule(in, at)
	c := &celRule{name: in.Name, selectors: in.Resources, rule: rule}
	if in.PodTemplates {
		mistakes = append(mistakes, checkPodTemplates(in.Resources, at.Child("podTemplates"))...)
		c.templates, out.ofPods = validators.Templates(), true
		out.resources = append(out.resources, c.templates...)
	}
	out.check = c
	return out, append(mistakes, wrong...)
}

func ruleName(name string, at *field.Path) field.ErrorList {
	var mistakes field.ErrorList
	for _, text := range validation.IsDNS1123Label(name) {
		mistakes = append(mistakes, field.Invalid(at, name, text))
	}
	if _, taken := validators.Find(name); taken {
		// An Exemption or a metric could not tell which of the two it is about.
		mistakes = append(mistakes, field.Invalid(at, name, "must not be the name of a check of the catalogue"))
	}
	return mistakes
}

// undecided is the finding of a guardrail whose match conditions cannot be evaluated, or nil when
// it does not look at the review. It is as grave as the gravest of what it might have found.
func (e *evaluation) undecided(g *guardrail, selected selection, err error) *Finding {
	out := &Finding{
		Finding: &validators.Finding{
			Detail: "must be evaluated, but the match conditions failed: " + err.Error(),
		},
		Guardrail: g.name, Validator: matchConditionsName, Rule: true, Severity: validators.Medium,
	}
	for i := range g.validators {
		v := &g.validators[i]
		if !v.looksAt(e.review, selected) {
			continue
		}
		action := v.action
		if action == v1alpha1.Deny && e.set.now().Before(v.enforceFrom) {
			action = v1alpha1.Warn
		}
		if graver(action, out.Action) {
			out.Action = action
		}
	}
	if out.Action == "" {
		return nil
	}
	if out.Action == v1alpha1.Deny && isDeletion(e.review) {
		out.Action = v1alpha1.Warn
	}
	out.soften(g, e.review)
	return out
}

// matchConditionsName takes the place of a validator's name where match
// conditions are to blame. No rule can have it: it is not in lower case.
const matchConditionsName = "matchConditions"

// graver tells whether more follows from a than from b.
func graver(a, b v1alpha1.Action) bool {
	order := []v1alpha1.Action{"", v1alpha1.Audit, v1alpha1.Warn, v1alpha1.Deny}
	return slices.Index(order, a) > slices.Index(order, b)
}

// rules are the names of the rules in force.
func (s *Set) rules() map[string]bool {
	names := map[string]bool{}
	if s == nil { // nothing is in force yet
		return names
	}
	for _, g := range s.guardrails {
		for i := range g.rules {
			names[g.rules[i].Name] = true
		}
	}
	return names
}

// ruleNames are the names of all rules, good and bad.
func ruleNames(guardrails []v1alpha1.Guardrail) map[string]bool {
	names := map[string]bool{}
	for i := range guardrails {
		for _, rule := range guardrails[i].Spec.Rules {
			names[rule.Name] = true
		}
	}
	return names
}

// resourcesOf is what a webhook must be called for so that a rule sees what it
// selects. A * stays one.
func resourcesOf(s *admissionregistrationv1.RuleWithOperations) []validators.Resource {
	var operations []admissionv1.Operation
	for _, o := range s.Operations {
		if o == admissionregistrationv1.OperationAll {
			operations = []admissionv1.Operation{admissionv1.Create, admissionv1.Update, admissionv1.Delete, admissionv1.Connect}
			break
		}
		operations = append(operations, admissionv1.Operation(o))
	}
	var all []validators.Resource
	for _, group := range s.APIGroups {
		for _, version := range s.APIVersions {
			for _, resource := range s.Resources {
				r := validators.Resource{Operations: operations}
				r.Group, r.Version, r.Resource = group, version, resource
				all = append(all, r)
			}
		}
	}
	return all
}
