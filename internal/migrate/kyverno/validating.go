package kyverno

import (
	"fmt"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/migrate/policy"
	"taffrail.dev/taffrail/internal/migrate/vap"
)

// validatingPolicy is a policy in Kubernetes' CEL, which acts without a binding.
type validatingPolicy struct {
	MatchConstraints     *admissionregistrationv1.MatchResources    `json:"matchConstraints"`
	MatchConditions      []admissionregistrationv1.MatchCondition   `json:"matchConditions"`
	Variables            []admissionregistrationv1.Variable         `json:"variables"`
	Validations          []admissionregistrationv1.Validation       `json:"validations"`
	ValidationActions    []admissionregistrationv1.ValidationAction `json:"validationActions"`
	ValidationAction     []admissionregistrationv1.ValidationAction `json:"validationAction"`
	FailurePolicy        string                                     `json:"failurePolicy"`
	AuditAnnotations     []admissionregistrationv1.AuditAnnotation  `json:"auditAnnotations"`
	WebhookConfiguration map[string]any                             `json:"webhookConfiguration"`
	Evaluation           struct {
		Mode      string `json:"mode"`
		Admission struct {
			Enabled *bool `json:"enabled"`
		} `json:"admission"`
		Background map[string]any `json:"background"`
	} `json:"evaluation"`
	Autogen struct {
		PodControllers struct {
			Controllers []string `json:"controllers"`
		} `json:"podControllers"`
		ValidatingAdmissionPolicy map[string]any `json:"validatingAdmissionPolicy"`
	} `json:"autogen"`
}

func ofValidatingPolicy(o *policy.Object, _ *policy.Inputs) []policy.Rule {
	var p validatingPolicy
	unknown, err := policy.Decode(o.Content["spec"], &p)
	switch {
	case err != nil:
		return left("its fields cannot be read: "+err.Error(), "mend it")
	case len(unknown) > 0:
		return left("it has fields that are not known here: "+unknown[0], byHand)
	case p.Evaluation.Mode == "JSON":
		return left("it evaluates documents that are no Kubernetes objects", "drop it: no webhook sees them")
	case len(p.Validations) == 0:
		return left("it has no validations", "drop it")
	}
	return p.rules(o)
}

func (p *validatingPolicy) rules(o *policy.Object) []policy.Rule {
	out := make([]policy.Rule, len(p.Validations))
	match := v1alpha1.Match{}
	if o.Namespace != "" {
		policy.InNamespaces(&match, []string{o.Namespace})
	}
	resources := vap.Constrain(&match, p.MatchConstraints)
	wrong := ""
	for _, c := range p.MatchConditions {
		expression, err := cel.Replace(c.Expression, exceptions)
		if err != nil {
			wrong = err.Error()
		}
		policy.Condition(&match, c.Name, expression)
	}
	action := vap.Action(append(p.ValidationActions, p.ValidationAction...))
	if p.Evaluation.Admission.Enabled != nil && !*p.Evaluation.Admission.Enabled {
		action = v1alpha1.Audit
	}
	rules := &vap.Rules{
		Name: o.Name, Resources: resources, Variables: p.Variables, Validations: p.Validations, Action: action,
		Replaced: exceptions, PodTemplates: p.templates(resources),
	}
	rules.Each(func(i int, rule v1alpha1.Rule, err error) {
		r := &out[i]
		r.Name = fmt.Sprintf("validations[%d]", i)
		p.differences(r)
		switch {
		case wrong != "":
			r.Leave(wrong, byHand)
		case err != nil:
			r.Leave(err.Error(), byHand)
		default:
			r.Parts = []policy.Part{{Match: match, Rules: []v1alpha1.Rule{rule}}}
		}
	})
	return out
}

// exceptions are what PolicyExceptions put into expressions: nothing, as an Exemption takes their place.
var exceptions = map[string]string{"exceptions": `{"allowedImages": [""].filter(x, false), "allowedValues": [""].filter(x, false)}`}

func (p *validatingPolicy) differences(r *policy.Rule) {
	if p.FailurePolicy == "Ignore" {
		r.Differ("An expression that fails is a finding here; with failurePolicy Ignore it let pass.")
	}
	if len(p.AuditAnnotations) > 0 {
		r.Differ("The policy's auditAnnotations are not written; Taffrail's own are.")
	}
	if enabled := p.Evaluation.Admission.Enabled; enabled != nil && !*enabled {
		r.Differ("It is not evaluated at admission there; here it is recorded (Audit).")
	}
	if list := p.Autogen.PodControllers.Controllers; len(list) > 0 && len(list) < 6 {
		r.Differ("The templates of all controllers are evaluated, not only those that are listed.")
	}
}

// templates tells whether Kyverno makes rules of it for the templates of controllers: of one that is
// about Pods and nothing else, unless it says that it wants none.
func (p *validatingPolicy) templates(resources []admissionregistrationv1.RuleWithOperations) bool {
	if list := p.Autogen.PodControllers.Controllers; list != nil && len(list) == 0 {
		return false
	}
	return len(resources) == 1 && slices.Equal(resources[0].Resources, []string{"pods"}) && slices.Equal(resources[0].APIGroups, []string{""}) &&
		len(p.MatchConstraints.ExcludeResourceRules) == 0 && policy.Selects(p.MatchConstraints.ObjectSelector) == nil &&
		len(p.MatchConstraints.ResourceRules[0].ResourceNames) == 0 && slices.Contains(resources[0].Operations, admissionregistrationv1.Create)
}
