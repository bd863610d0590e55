package guardrail

import (
	"cmp"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// mutation is a mutation of a Guardrail in CEL.
type mutation struct {
	name        string
	selectors   []admissionregistrationv1.RuleWithOperations
	expressions *cel.Mutation
	onlyMissing bool
	// ofTemplates says that the Pods that templates become are evaluated with it.
	ofTemplates bool
	// again says that it is evaluated once more when what comes after it has changed the object. Those
	// that are not come last.
	again   bool
	written *v1alpha1.Mutation
}

func (m *mutation) looksAt(r *workload.Review) bool {
	return r.Resource.Group != v1alpha1.GroupVersion.Group && slices.ContainsFunc(m.selectors, func(s admissionregistrationv1.RuleWithOperations) bool { return selects(&s, r) })
}

var mutated = []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update}

func (*builder) mutation(in *v1alpha1.Mutation, at *field.Path) (mutation, field.ErrorList) {
	out := mutation{name: in.Name, written: in, onlyMissing: in.OnlyWhenMissing, ofTemplates: in.PodTemplates}
	mistakes := mutationName(in.Name, at.Child("name"))
	if len(in.Resources) == 0 {
		mistakes = append(mistakes, field.Required(at.Child("resources"), "must name what is mutated"))
	}
	for i := range in.Resources {
		mistakes = append(mistakes, checkMutated(&in.Resources[i], at.Child("resources").Index(i))...)
	}
	if in.PodTemplates {
		mistakes = append(mistakes, checkPodTemplates(in.Resources, at.Child("podTemplates"))...)
	}
	out.selectors = in.Resources
	switch policy := cmp.Or(in.ReinvocationPolicy, admissionregistrationv1.IfNeededReinvocationPolicy); policy {
	case admissionregistrationv1.IfNeededReinvocationPolicy:
		out.again = true
	case admissionregistrationv1.NeverReinvocationPolicy:
	default:
		mistakes = append(mistakes, field.NotSupported(at.Child("reinvocationPolicy"), policy, []admissionregistrationv1.ReinvocationPolicyType{
			admissionregistrationv1.IfNeededReinvocationPolicy, admissionregistrationv1.NeverReinvocationPolicy,
		}))
	}
	expressions, wrong := cel.CompileMutation(in, at)
	for _, m := range wrong {
		m.Detail += " (mutation " + in.Name + ")"
	}
	out.expressions = expressions
	return out, append(mistakes, wrong...)
}

func mutationName(name string, at *field.Path) field.ErrorList {
	var mistakes field.ErrorList
	for _, text := range validation.IsDNS1123Label(name) {
		mistakes = append(mistakes, field.Invalid(at, name, text))
	}
	if _, taken := mutators.Find(name); taken {
		// A metric could not tell which of the two it is about.
		mistakes = append(mistakes, field.Invalid(at, name, "must not be the name of a default of the catalogue"))
	}
	return mistakes
}

// checkMutated wants a selector of what a mutating webhook can change.
func checkMutated(s *admissionregistrationv1.RuleWithOperations, at *field.Path) field.ErrorList {
	mistakes := checkSelector(s, at)
	for i, operation := range s.Operations {
		if slices.Contains(operations, operation) && !slices.Contains(mutated, operation) {
			mistakes = append(mistakes, field.NotSupported(at.Child("operations").Index(i), operation, mutated))
		}
	}
	if slices.Contains(s.APIGroups, v1alpha1.GroupVersion.Group) {
		mistakes = append(mistakes, field.Invalid(at.Child("apiGroups"), s.APIGroups, "must not be Taffrail's own: what guards the cluster is as it was written"))
	}
	return mistakes
}

// Mutates tells whether a mutation in force looks at the object of a review, of which the metadata is
// enough to tell.
func (s *Set) Mutates(r *workload.Review) bool {
	return slices.ContainsFunc(s.changing, func(g *guardrail) bool {
		return slices.ContainsFunc(g.mutations, func(m mutation) bool { return m.looksAt(r) })
	})
}

// Mutated are the resources whose objects mutations change, by whether they are to be evaluated again
// when another webhook has changed the object. As in Resources, there may be a *.
func (s *Set) Mutated() (again, once []validators.Resource) {
	for _, g := range s.changing {
		for i := range g.mutations {
			m := &g.mutations[i]
			for j := range m.selectors {
				if m.again {
					again = append(again, resourcesOf(&m.selectors[j])...)
				} else {
					once = append(once, resourcesOf(&m.selectors[j])...)
				}
			}
		}
	}
	return again, once
}

// ExpressionsOf are all expressions of a mutation.
func ExpressionsOf(m *v1alpha1.Mutation) (all []string) {
	for _, condition := range m.MatchConditions {
		all = append(all, condition.Expression)
	}
	for _, v := range m.Variables {
		all = append(all, v.Expression)
	}
	if m.ApplyConfiguration != nil {
		all = append(all, m.ApplyConfiguration.Expression)
	}
	if m.JSONPatch != nil {
		all = append(all, m.JSONPatch.Expression)
	}
	return all
}
