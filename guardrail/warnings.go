package guardrail

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/workload"
)

// maxKindsChecked bounds the kinds that a rule is checked for, as in an API server.
const maxKindsChecked = 10

// Advice tells of rules and mutations in a Guardrail that somebody wants to write, as JSON, which have no mistake
// and cannot work all the same.
func (*Set) Advice(document []byte) (all []string) {
	var objects Objects
	if objects.decode(document) != nil {
		return nil
	}
	for i := range objects.Guardrails {
		all = append(all, absentIn(objects.Guardrails[i].Name, objects.Guardrails[i].Spec.Rules)...)
		all = append(all, mutationAdvice(&objects.Guardrails[i])...)
	}
	return all
}

// mutationAdvice is what a dry run of mutations tells of them.
func mutationAdvice(in *v1alpha1.Guardrail) (all []string) {
	for i := range in.Spec.Mutations {
		at := field.NewPath("spec", "mutations").Index(i)
		m, wrong := (&builder{}).mutation(&in.Spec.Mutations[i], at)
		if len(wrong) > 0 {
			continue
		}
		for _, w := range m.warnings(at) {
			all = append(all, printable.Text(fmt.Sprintf("Guardrail %q: %s: %s", in.Name, w.Field, w.Detail)))
		}
	}
	return all
}

// absentIn tells of rules that read an object where there is none.
func absentIn(guardrail string, rules []v1alpha1.Rule) (all []string) {
	for i := range rules {
		for _, w := range cel.Absent(&rules[i], field.NewPath("spec", "rules").Index(i)) {
			all = append(all, printable.Text(fmt.Sprintf("Guardrail %q: %s: %s", guardrail, w.Field, w.Detail)))
		}
	}
	return all
}

// Warnings tell of Exemptions that no guardrail allows, and of rules that do not fit the kinds that
// they look at: a field is misspelt, a number is compared with a text; and of mutations that do not do
// what they should to a sample. They take some milliseconds a rule and are worked out when they are
// asked for.
func (s *Set) Warnings() []string {
	var all []string
	for _, g := range s.guardrails {
		all = append(all, absentIn(g.name, g.rules)...)
		for i := range g.rules {
			at := field.NewPath("spec", "rules").Index(i)
			for _, kind := range kindsOf(g.rules[i].Resources) {
				for _, w := range cel.TypeCheck(&g.rules[i], kind, at) {
					all = append(all, s.warning(&Mistake{"Guardrail", g.name, w}, fmt.Sprintf("Guardrail %q: %s: %s", g.name, w.Field, w.Detail)))
				}
			}
		}
	}
	for _, g := range s.changing {
		for i := range g.mutations {
			for _, w := range g.mutations[i].warnings(field.NewPath("spec", "mutations").Index(i)) {
				all = append(all, s.warning(&Mistake{"Guardrail", g.name, w}, fmt.Sprintf("Guardrail %q: %s: %s", g.name, w.Field, w.Detail)))
			}
		}
	}
	for _, namespace := range slices.Sorted(maps.Keys(s.exemptions)) {
		for _, e := range s.exemptions[namespace] {
			if ineffective := s.ineffective(e); ineffective != nil {
				name := e.namespace + "/" + e.name
				all = append(all, s.warning(&Mistake{"Exemption", name, ineffective}, fmt.Sprintf("Exemption %q: %s", name, ineffective)))
			}
		}
	}
	return all
}

// warning begins with the file and line, where there is one.
func (s *Set) warning(m *Mistake, text string) string {
	if s.place != nil {
		if place := s.place(m); place != "" {
			text = place + ": warning: " + text
		}
	}
	return printable.Text(text)
}

// kindsOf are the kinds that selectors name without a *, of those that Taffrail knows.
func kindsOf(selectors []admissionregistrationv1.RuleWithOperations) []schema.GroupVersionKind {
	var kinds []schema.GroupVersionKind
	for _, kind := range workload.Kinds() {
		resource, _ := workload.ResourceFor(kind)
		if slices.ContainsFunc(selectors, func(s admissionregistrationv1.RuleWithOperations) bool {
			return slices.Contains(s.APIGroups, resource.Group) && slices.Contains(s.APIVersions, resource.Version) &&
				slices.Contains(s.Resources, resource.Resource)
		}) {
			kinds = append(kinds, kind)
		}
	}
	slices.SortFunc(kinds, func(a, b schema.GroupVersionKind) int {
		return cmp.Or(strings.Compare(a.Group, b.Group), strings.Compare(a.Version, b.Version), strings.Compare(a.Kind, b.Kind))
	})
	return kinds[:min(len(kinds), maxKindsChecked)]
}
