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

// mutatingPolicy changes objects in Kubernetes' CEL.
type mutatingPolicy struct {
	MatchConstraints     *admissionregistrationv1.MatchResources  `json:"matchConstraints"`
	MatchConditions      []admissionregistrationv1.MatchCondition `json:"matchConditions"`
	Variables            []admissionregistrationv1.Variable       `json:"variables"`
	FailurePolicy        string                                   `json:"failurePolicy"`
	ReinvocationPolicy   string                                   `json:"reinvocationPolicy"`
	WebhookConfiguration map[string]any                           `json:"webhookConfiguration"`
	Mutations            []struct {
		PatchType          string                                      `json:"patchType"`
		ApplyConfiguration *admissionregistrationv1.ApplyConfiguration `json:"applyConfiguration"`
		JSONPatch          *admissionregistrationv1.JSONPatch          `json:"jsonPatch"`
	} `json:"mutations"`
	Evaluation struct {
		Admission struct {
			Enabled *bool `json:"enabled"`
		} `json:"admission"`
	} `json:"evaluation"`
}

// ofMutatingPolicy makes a mutation of each one. Those of what is there already are left.
func ofMutatingPolicy(o *policy.Object) []policy.Rule {
	var p mutatingPolicy
	unknown, err := policy.Decode(o.Content["spec"], &p)
	switch {
	case err != nil:
		return left("its fields cannot be read: "+err.Error(), "mend it")
	case len(unknown) > 0:
		return left("it has fields that are not known here: "+unknown[0], ownMutation)
	case len(p.Mutations) == 0:
		return left("it has no mutations", "drop it")
	case p.Evaluation.Admission.Enabled != nil && !*p.Evaluation.Admission.Enabled:
		return left("it changes what is there already, and nothing at admission", "change it once, by GitOps")
	}
	out := make([]policy.Rule, len(p.Mutations))
	match := v1alpha1.Match{}
	if o.Namespace != "" {
		policy.InNamespaces(&match, []string{o.Namespace})
	}
	resources := vap.Constrain(&match, p.MatchConstraints)
	for i := range p.Mutations {
		r := &out[i]
		r.Name = fmt.Sprintf("mutations[%d]", i)
		m := v1alpha1.Mutation{
			Name: policy.Label(o.Name), Resources: resources, MatchConditions: p.MatchConditions, Variables: slices.Clone(p.Variables),
			ApplyConfiguration: p.Mutations[i].ApplyConfiguration, JSONPatch: p.Mutations[i].JSONPatch,
			ReinvocationPolicy: admissionregistrationv1.ReinvocationPolicyType(p.ReinvocationPolicy),
		}
		if len(p.Mutations) > 1 {
			m.Name = policy.Label(fmt.Sprintf("%s-%d", o.Name, i+1))
		}
		if p.FailurePolicy != "Ignore" {
			r.Differ("An expression that fails changes nothing; with failurePolicy Fail it refused.")
		}
		if m.ApplyConfiguration != nil && cel.Uses(m.ApplyConfiguration.Expression, "resource") || m.JSONPatch != nil && cel.Uses(m.JSONPatch.Expression, "resource") {
			r.Leave("it looks other objects up, which the webhook never does", ownMutation)
			continue
		}
		r.Parts = []policy.Part{{Match: match, Mutations: []v1alpha1.Mutation{m}}}
	}
	return out
}
