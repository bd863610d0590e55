package audit

import (
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

// withoutRequests leaves out the rules and mutations that ask who sends a request: nobody does, and whatever they
// said of it would be made up.
func withoutRequests(objects guardrail.Objects) (rest guardrail.Objects, notes []string) {
	rest = objects
	rest.Guardrails = slices.Clone(objects.Guardrails)
	for i := range rest.Guardrails {
		g := &rest.Guardrails[i]
		if slices.ContainsFunc(matchConditions(g), asksWhoSends) {
			notes = append(notes, fmt.Sprintf("Guardrail %s: its match conditions ask who sends a request, and are told of a user without rights", g.Name))
		}
		g.Spec.Rules = slices.DeleteFunc(slices.Clone(g.Spec.Rules), func(rule v1alpha1.Rule) bool {
			asks := slices.ContainsFunc(expressions(&rule), asksWhoSends)
			if asks {
				notes = append(notes, fmt.Sprintf("Guardrail %s: the rule %s is left out: it asks who sends a request", g.Name, rule.Name))
			}
			return asks
		})
		g.Spec.Mutations = slices.DeleteFunc(slices.Clone(g.Spec.Mutations), func(m v1alpha1.Mutation) bool {
			asks := slices.ContainsFunc(guardrail.ExpressionsOf(&m), asksWhoSends)
			if asks {
				notes = append(notes, fmt.Sprintf("Guardrail %s: the mutation %s is left out: it asks who sends a request", g.Name, m.Name))
			}
			return asks
		})
	}
	return rest, notes
}

func asksWhoSends(expression string) bool { return strings.Contains(expression, "userInfo") }

func matchConditions(g *v1alpha1.Guardrail) (all []string) {
	if g.Spec.Match != nil {
		for _, condition := range g.Spec.Match.MatchConditions {
			all = append(all, condition.Expression)
		}
	}
	return all
}

func expressions(rule *v1alpha1.Rule) []string {
	all := []string{rule.Expression, rule.MessageExpression}
	for _, variable := range rule.Variables {
		all = append(all, variable.Expression)
	}
	return all
}
