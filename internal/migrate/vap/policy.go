package vap

import (
	"cmp"
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

const group = "admissionregistration.k8s.io"

// Reads tells whether an object is a policy or a binding.
func Reads(o *policy.Object) bool {
	return o.Group() == group && (o.Kind == "ValidatingAdmissionPolicy" || o.Kind == "ValidatingAdmissionPolicyBinding")
}

// Of makes rules of a binding. A policy acts through its bindings, and has rules of its own only when
// nothing binds it.
func Of(o *policy.Object, in *policy.Inputs) []policy.Rule {
	if o.Kind == "ValidatingAdmissionPolicy" {
		return unbound(o, in)
	}
	var b admissionregistrationv1.ValidatingAdmissionPolicyBinding
	unknown, err := policy.Decode(o.Content, &b)
	if err != nil {
		return left("its fields cannot be read: "+err.Error(), "mend it")
	}
	if len(unknown) > 0 {
		return left("it has fields that are not known here: "+unknown[0], "write the rule by hand")
	}
	of := in.Find(group, "ValidatingAdmissionPolicy", "", b.Spec.PolicyName)
	if of == nil {
		return left(fmt.Sprintf("its policy %s is not among the inputs", b.Spec.PolicyName), "give the policy as input, too")
	}
	var p admissionregistrationv1.ValidatingAdmissionPolicy
	unknown, err = policy.Decode(of.Content, &p)
	if err != nil {
		return left("the fields of its policy cannot be read: "+err.Error(), "mend it")
	}
	if len(unknown) > 0 {
		return left("its policy has fields that are not known here: "+unknown[0], "write the rule by hand")
	}
	return bound(&p, &b, in)
}

func left(why, instead string) []policy.Rule {
	r := policy.Rule{}
	r.Leave(why, instead)
	return []policy.Rule{r}
}

func unbound(o *policy.Object, in *policy.Inputs) []policy.Rule {
	for _, binding := range in.Of(group, "ValidatingAdmissionPolicyBinding") {
		spec, _ := binding.Content["spec"].(map[string]any)
		if spec["policyName"] == o.Name {
			return nil // the rows are those of its bindings
		}
	}
	return left("no binding of it is among the inputs, and without one it acts on nothing", "give its ValidatingAdmissionPolicyBinding as input, or drop it")
}

// bound makes a rule of each validation, in a Guardrail for each object of parameters.
func bound(p *admissionregistrationv1.ValidatingAdmissionPolicy, b *admissionregistrationv1.ValidatingAdmissionPolicyBinding, in *policy.Inputs) []policy.Rule {
	if len(p.Spec.Validations) == 0 {
		return left("its policy has no validations, only audit annotations", "nothing: Taffrail annotates the audit log by itself")
	}
	out := make([]policy.Rule, len(p.Spec.Validations))
	for i := range out {
		out[i].Name = fmt.Sprintf("%s validations[%d]", p.Name, i)
		differences(&out[i], p, b, &p.Spec.Validations[i])
	}
	all, err := parametersOf(p, b, in, out)
	if err != nil {
		for i := range out {
			out[i].Leave(err.Error(), "give the objects of parameters as input, too")
		}
		return out
	}
	for _, with := range all {
		match := v1alpha1.Match{}
		resources := Constrain(&match, p.Spec.MatchConstraints)
		Within(&match, b.Spec.MatchResources)
		with.narrow(&match)
		if err := conditions(&match, p.Spec.MatchConditions, with); err != nil {
			for i := range out {
				out[i].Leave("matchConditions: "+err.Error(), "write the rule by hand")
			}
			return out
		}
		rules := &Rules{
			Name: p.Name, Resources: resources, Variables: p.Spec.Variables,
			Validations: p.Spec.Validations, Action: Action(b.Spec.ValidationActions),
		}
		with.into(rules)
		rules.Each(func(i int, rule v1alpha1.Rule, wrong error) {
			if wrong != nil {
				out[i].Leave(wrong.Error(), "write the rule by hand; who may do what is RBAC's to say")
			} else if out[i].Left == "" {
				out[i].Parts = append(out[i].Parts, policy.Part{Match: match, Rules: []v1alpha1.Rule{rule}})
			}
		})
	}
	return out
}

func differences(r *policy.Rule, p *admissionregistrationv1.ValidatingAdmissionPolicy, b *admissionregistrationv1.ValidatingAdmissionPolicyBinding, v *admissionregistrationv1.Validation) {
	if p.Spec.FailurePolicy != nil && *p.Spec.FailurePolicy == admissionregistrationv1.Ignore {
		r.Differ("An expression that fails is a finding here; with failurePolicy Ignore it let pass.")
	}
	if v.Reason != nil && *v.Reason != metav1.StatusReasonForbidden {
		r.Differ(fmt.Sprintf("The reason of a refusal is Forbidden, not %s.", *v.Reason))
	}
	if len(p.Spec.AuditAnnotations) > 0 {
		r.Differ("The policy's auditAnnotations are not written; Taffrail's own are.")
	}
	for _, m := range []*admissionregistrationv1.MatchResources{p.Spec.MatchConstraints, b.Spec.MatchResources} {
		if m != nil && m.MatchPolicy != nil && *m.MatchPolicy == admissionregistrationv1.Exact {
			r.Differ("Requests for an equivalent version of a resource are evaluated, too; with matchPolicy Exact they were not.")
		}
	}
}

func conditions(m *v1alpha1.Match, all []admissionregistrationv1.MatchCondition, with parameters) error {
	for _, c := range all {
		if cel.Uses(c.Expression, "authorizer") {
			return errAuthorizer
		}
		expression := c.Expression
		if with.given {
			var err error
			if expression, err = cel.Replace(expression, map[string]string{"params": with.literal}); err != nil {
				return err
			}
		}
		policy.Condition(m, c.Name, expression)
	}
	return nil
}

// parameters are an object of parameters, as a value.
type parameters struct {
	given     bool
	literal   string
	namespace string // that it holds for; empty for all
}

// into puts the value into a variable of rules, under a name that is free.
func (p parameters) into(r *Rules) {
	if !p.given {
		return
	}
	name := "params"
	for _, v := range r.Variables {
		if v.Name == name {
			name = "params_"
		}
	}
	r.Replaced = map[string]string{"params": "variables." + name}
	r.Variables = append([]admissionregistrationv1.Variable{{Name: name, Expression: p.literal}}, r.Variables...)
}

func (p parameters) narrow(m *v1alpha1.Match) {
	if p.namespace != "" {
		policy.InNamespaces(m, []string{p.namespace})
		policy.Condition(m, "namespaced", policy.RequestNamespace+` != ""`)
	}
}

// parametersOf are the objects that a binding refers to.
func parametersOf(p *admissionregistrationv1.ValidatingAdmissionPolicy, b *admissionregistrationv1.ValidatingAdmissionPolicyBinding, in *policy.Inputs, out []policy.Rule) ([]parameters, error) {
	kind, ref := p.Spec.ParamKind, b.Spec.ParamRef
	if kind == nil {
		return []parameters{{}}, nil
	}
	if ref == nil {
		return []parameters{{given: true, literal: "dyn(null)"}}, nil
	}
	var selector labels.Selector
	if ref.Selector != nil {
		var err error
		if selector, err = metav1.LabelSelectorAsSelector(ref.Selector); err != nil {
			return nil, fmt.Errorf("paramRef.selector: %w", err)
		}
	}
	var all []parameters
	for _, o := range in.Objects {
		switch {
		case o.Kind != kind.Kind || o.APIVersion != kind.APIVersion,
			ref.Name != "" && o.Name != ref.Name,
			selector != nil && !selector.Matches(labels.Set(o.Labels())),
			ref.Namespace != "" && cmp.Or(o.Namespace, "default") != ref.Namespace:
			continue
		}
		one := parameters{given: true, literal: policy.Literal(o.Content)}
		if ref.Namespace == "" && o.Namespace != "" {
			one.namespace = o.Namespace
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("its parameters %s %s are not among the inputs", kind.Kind, cmp.Or(ref.Name, metav1.FormatLabelSelector(ref.Selector)))
	}
	if all[0].namespace != "" && ref.ParameterNotFoundAction != nil && *ref.ParameterNotFoundAction == admissionregistrationv1.DenyAction {
		for i := range out {
			out[i].Differ("In namespaces without parameters nothing is evaluated; parameterNotFoundAction Deny refused all there.")
		}
	}
	return all, nil
}
