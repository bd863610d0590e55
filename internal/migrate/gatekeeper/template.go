package gatekeeper

import (
	"fmt"
	"maps"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
	"taffrail.dev/taffrail/internal/migrate/vap"
)

// template is a ConstraintTemplate. What Rego asks for is not read.
type template struct {
	CRD     map[string]any `json:"crd"`
	Targets []struct {
		Target string   `json:"target"`
		Rego   string   `json:"rego"`
		Libs   []string `json:"libs"`
		Code   []struct {
			Engine string         `json:"engine"`
			Source map[string]any `json:"source"`
		} `json:"code"`
		Operations []string `json:"operations"`
	} `json:"targets"`
}

type source struct {
	Variables       []admissionregistrationv1.Variable       `json:"variables"`
	Validations     []admissionregistrationv1.Validation     `json:"validations"`
	MatchConditions []admissionregistrationv1.MatchCondition `json:"matchCondition"` // so it is called
	FailurePolicy   string                                   `json:"failurePolicy"`
	GenerateVAP     *bool                                    `json:"generateVAP"`
}

// inCEL makes rules of a template that has CEL, and tells whether it has: beside Rego, CEL alone runs.
func (t *translation) inCEL(of *policy.Object, params map[string]any) bool {
	if of == nil {
		return false
	}
	var decoded template
	unknown, err := policy.Decode(of.Content["spec"], &decoded)
	if err != nil || len(decoded.Targets) == 0 {
		return false
	}
	if len(unknown) > 0 {
		t.Leave("its template has fields that are not known here: "+unknown[0], "write a rule in CEL")
		return true
	}
	for _, code := range decoded.Targets[0].Code {
		if code.Engine != "K8sNativeValidation" {
			continue
		}
		var s source
		unknown, err := policy.Decode(code.Source, &s)
		if err != nil || len(unknown) > 0 {
			t.Leave(fmt.Sprintf("the CEL of its template has fields that are not known here: %v %v", unknown, err), "write a rule in CEL")
			return true
		}
		t.ofSource(&s, parametersWithDefaults(schemaOf(decoded.CRD), params))
		return true
	}
	return false
}

// schemaOf is the schema of the parameters.
func schemaOf(crd map[string]any) map[string]any {
	at := crd
	for _, name := range []string{"spec", "validation", "openAPIV3Schema"} {
		at, _ = at[name].(map[string]any)
	}
	return at
}

func (t *translation) ofSource(s *source, params any) {
	for _, c := range s.MatchConditions {
		policy.Condition(&t.match, c.Name, c.Expression)
	}
	if s.FailurePolicy == "Ignore" {
		t.Differ("An expression that fails is a finding here; with failurePolicy Ignore it let pass.")
	}
	literal := "dyn(null)"
	if params != nil {
		literal = policy.Literal(params)
	}
	resources := t.resources()
	rules := &vap.Rules{
		Name: t.of.Name, Resources: resources, Validations: s.Validations,
		Variables: append([]admissionregistrationv1.Variable{
			{Name: "params", Expression: literal}, {Name: "anyObject", Expression: "object == null ? oldObject : object"},
		}, s.Variables...),
	}
	rules.Each(func(_ int, rule v1alpha1.Rule, wrong error) {
		if wrong != nil {
			t.Leave(wrong.Error(), "write the rule by hand")
			return
		}
		t.part.Rules = append(t.part.Rules, rule)
	})
	if len(s.Validations) == 0 {
		t.Leave("its template has no validations", "drop it")
	}
}

// parametersWithDefaults are parameters with what the schema fills in.
func parametersWithDefaults(schema map[string]any, given map[string]any) any {
	properties, _ := schema["properties"].(map[string]any)
	out := map[string]any{}
	maps.Copy(out, given)
	for name, property := range properties {
		of, _ := property.(map[string]any)
		if _, is := out[name]; !is && of["default"] != nil {
			out[name] = of["default"]
		}
	}
	if len(out) == 0 && given == nil {
		return nil
	}
	return out
}

func resources(groups, names []string) []admissionregistrationv1.RuleWithOperations {
	return []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
		Rule:       admissionregistrationv1.Rule{APIGroups: groups, APIVersions: []string{"*"}, Resources: names},
	}}
}

// resources are those of the kinds that the constraint is for.
func (t *translation) resources() (all []admissionregistrationv1.RuleWithOperations) {
	if len(t.kinds) == 0 {
		return resources([]string{"*"}, []string{"*"})
	}
	for _, k := range t.kinds {
		groups := k.APIGroups
		if anything(groups) {
			groups = []string{"*"}
		}
		if anything(k.Kinds) {
			all = append(all, resources(groups, []string{"*"})...)
			continue
		}
		var names []string
		for _, kind := range k.Kinds {
			plural, guessed := t.in.Plural(groups[0], kind)
			if guessed {
				t.Differ("The resource of kind " + kind + " is taken to be " + plural + ": its CustomResourceDefinition is not among the inputs.")
			}
			names = append(names, plural)
		}
		all = append(all, resources(groups, slices.Compact(slices.Sorted(slices.Values(names))))...)
	}
	return all
}

// ruleOfKinds adds a rule about the kinds that the constraint is for.
func (t *translation) ruleOfKinds(expression, message string) {
	t.part.Rules = append(t.part.Rules, v1alpha1.Rule{
		Name: policy.RuleName(t.of.Name, vap.Taken), Expression: expression, Message: message, Resources: t.resources(),
	})
}
