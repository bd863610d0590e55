package vap

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/migrate/policy"
	"taffrail.dev/taffrail/validators"
)

// Rules is a policy in CEL whose resources are known.
type Rules struct {
	Name         string
	Resources    []admissionregistrationv1.RuleWithOperations
	PodTemplates bool
	Variables    []admissionregistrationv1.Variable
	Validations  []admissionregistrationv1.Validation
	Action       v1alpha1.Action
	// Replaced are other expressions for variables, by their names.
	Replaced map[string]string
}

// Each makes a rule of each validation. Wrong is why one cannot be.
func (r *Rules) Each(do func(i int, rule v1alpha1.Rule, wrong error)) {
	variables, wrong := r.variables()
	for i := range r.Validations {
		name := r.Name
		if len(r.Validations) > 1 {
			name = fmt.Sprintf("%s-%d", name, i+1)
		}
		rule, err := r.rule(&r.Validations[i], policy.RuleName(name, Taken), variables)
		if wrong != nil {
			err = wrong
		}
		do(i, rule, err)
	}
}

// Taken tells whether a name is that of a check.
func Taken(name string) bool { _, is := validators.Find(name); return is }

func (r *Rules) variables() ([]admissionregistrationv1.Variable, error) {
	var all []admissionregistrationv1.Variable
	for _, v := range r.Variables {
		expression, err := cel.Replace(v.Expression, r.Replaced)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", v.Name, err)
		}
		all = append(all, admissionregistrationv1.Variable{Name: v.Name, Expression: expression})
	}
	return all, nil
}

func (r *Rules) rule(v *admissionregistrationv1.Validation, name string, variables []admissionregistrationv1.Variable) (v1alpha1.Rule, error) {
	out := v1alpha1.Rule{Name: name, Resources: r.Resources, PodTemplates: r.PodTemplates, Action: r.Action, Message: v.Message}
	var err error
	if out.Expression, err = cel.Replace(v.Expression, r.Replaced); err != nil {
		return out, err
	}
	if out.MessageExpression, err = cel.Replace(v.MessageExpression, r.Replaced); v.MessageExpression != "" && err != nil {
		return out, err
	}
	for _, text := range []string{out.Expression, out.MessageExpression} {
		if cel.Uses(text, "authorizer") {
			return out, errAuthorizer
		}
	}
	out.Variables = needed(variables, out.Expression+" "+out.MessageExpression)
	for _, variable := range out.Variables {
		if cel.Uses(variable.Expression, "authorizer") {
			return out, errAuthorizer
		}
	}
	return out, nil
}

var errAuthorizer = errors.New("it asks authorizer for rights, and a rule asks nobody")

var variable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`variables\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)`) })

// needed are those variables that a text uses, or that these use.
func needed(all []admissionregistrationv1.Variable, text string) []admissionregistrationv1.Variable {
	var names []string
	for pending := []string{text}; len(pending) > 0; {
		text, pending = pending[0], pending[1:]
		for _, found := range variable().FindAllStringSubmatch(text, -1) {
			if slices.Contains(names, found[1]) {
				continue
			}
			names = append(names, found[1])
			for _, v := range all {
				if v.Name == found[1] {
					pending = append(pending, v.Expression)
				}
			}
		}
	}
	var out []admissionregistrationv1.Variable
	for _, v := range all {
		if slices.Contains(names, v.Name) {
			out = append(out, v)
		}
	}
	return out
}

// Action is what follows from a set of validationActions.
func Action(actions []admissionregistrationv1.ValidationAction) v1alpha1.Action {
	switch {
	case slices.Contains(actions, admissionregistrationv1.Deny), len(actions) == 0:
		return v1alpha1.Deny
	case slices.Contains(actions, admissionregistrationv1.Warn):
		return v1alpha1.Warn
	}
	return v1alpha1.Audit
}
