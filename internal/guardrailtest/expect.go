package guardrailtest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/validators"
)

// expectation is what is to become of a request.
type expectation struct {
	allowed bool
	// of are the findings of each action that is looked at, all of them. A denial without any is
	// one for whatever reason.
	of map[v1alpha1.Action][]v1alpha1.ExpectedFinding
	// evaluated is whether a guardrail must evaluate the object; nil where that is not looked at.
	evaluated *bool
	// object is what must be in the object; nil for anything.
	object map[string]any
}

// actions are what follows from findings, in the order of their gravity, and what people call it.
var actions = []struct {
	action v1alpha1.Action
	name   string
}{{v1alpha1.Deny, "denied"}, {v1alpha1.Warn, "warned"}, {v1alpha1.Audit, "audited"}}

func (r *reader) expectation(in *v1alpha1.TestCase, at *field.Path) *expectation {
	expect := &in.Expect
	if reflect.ValueOf(*expect).IsZero() {
		r.wrong(field.Required(at, "must say what is expected: allowed, denied, warned, audited, evaluated or object"))
	}
	out := &expectation{allowed: len(expect.Denied) == 0, evaluated: expect.Evaluated, of: map[v1alpha1.Action][]v1alpha1.ExpectedFinding{}}
	if expect.Allowed != nil {
		out.allowed = *expect.Allowed
	}
	if out.allowed && len(expect.Denied) > 0 {
		r.wrong(field.Forbidden(at.Child("denied"), "must not be set beside allowed: true"))
	}
	if !out.allowed && expect.Denied != nil && len(expect.Denied) == 0 {
		r.wrong(field.Invalid(at.Child("denied"), field.OmitValueType{}, "must not be empty beside allowed: false: leave it out where any finding will do"))
	}
	for action, findings := range map[v1alpha1.Action][]v1alpha1.ExpectedFinding{
		v1alpha1.Deny: expect.Denied, v1alpha1.Warn: expect.Warned, v1alpha1.Audit: expect.Audited,
	} {
		if findings != nil || action == v1alpha1.Deny && out.allowed {
			out.of[action] = findings
		}
	}
	r.checkNames(expect, at)
	if expect.Object != nil {
		if in.Operation == v1alpha1.OperationDelete || in.Operation == v1alpha1.OperationConnect {
			r.wrong(field.Forbidden(at.Child("object"), fmt.Sprintf("must not be set: a %s stores none", in.Operation)))
		}
		if err := kjson.UnmarshalCaseSensitivePreserveInts(expect.Object.Raw, &out.object); err != nil || out.object == nil {
			r.wrong(field.Invalid(at.Child("object"), field.OmitValueType{}, "must be a mapping"))
		}
	}
	return out
}

// checkNames tells of names that nothing in the guardrails has: such a test could never pass.
func (r *reader) checkNames(expect *v1alpha1.Expectation, at *field.Path) {
	if r.test.guardrails == nil {
		return
	}
	names := r.test.guardrails.names()
	for _, list := range []struct {
		name     string
		findings []v1alpha1.ExpectedFinding
	}{{"denied", expect.Denied}, {"warned", expect.Warned}, {"audited", expect.Audited}} {
		for i, f := range list.findings {
			at := at.Child(list.name).Index(i).Child("validator")
			if mistake := checkName(f.Validator, names, at); mistake != nil {
				r.wrong(mistake)
			}
		}
	}
}

func checkName(name string, names []string, at *field.Path) *field.Error {
	check, control, narrow := strings.Cut(name, "/")
	v, known := validators.Find(check)
	switch {
	case name == "":
		return field.Required(at, "must name a check or rule")
	case slices.Contains(names, check) && narrow && !slices.Contains(v.Controls, control):
		return field.Invalid(at, name, "must name a control of "+check+"; `taffrail explain "+check+"` lists them")
	case slices.Contains(names, check):
		return nil
	case known:
		return field.Invalid(at, name, "must be a check or rule of the guardrails: it is none of theirs")
	}
	detail := "must be a check or rule of the guardrails"
	if nearest := guardrail.NearestName(check, names); nearest != "" {
		detail += fmt.Sprintf("; did you mean %q?", nearest)
	}
	return field.Invalid(at, name, detail)
}

// names are those of the checks and rules of guardrails, and of what stands for their match
// conditions where these cannot be evaluated.
func (g *guardrails) names() []string {
	names := []string{"matchConditions"}
	for i := range g.objects.Guardrails {
		spec := &g.objects.Guardrails[i].Spec
		for _, v := range spec.Validators {
			names = append(names, v.Name)
		}
		for _, rule := range spec.Rules {
			names = append(names, rule.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// fits tells whether a finding is one of those that are expected.
func fits(e *v1alpha1.ExpectedFinding, f *guardrail.Finding) bool {
	name, control, narrow := strings.Cut(e.Validator, "/")
	return f.Validator == name && (!narrow || control == f.Control || control == f.Overrides) &&
		(e.Path == "" || f.Path.String() == e.Path) && strings.Contains(f.String(), e.Message)
}

// written is an expected finding as findings are written.
func written(e *v1alpha1.ExpectedFinding) string {
	text := e.Validator
	if e.Path != "" {
		text += ": " + e.Path
	}
	if e.Message != "" {
		text += ": … " + e.Message + " …"
	}
	return text
}

// compare compares what was decided with what was expected.
func (x *expectation) compare(d *guardrail.Decision) (all []Failure) {
	if denied := d.Denied(); denied == x.allowed {
		summary := "must be allowed, is denied"
		if !x.allowed {
			summary = "must be denied, is allowed"
		}
		all = append(all, Failure{Summary: summary})
	}
	for _, a := range actions {
		expected, asked := x.of[a.action]
		if !asked {
			continue
		}
		lines, same := compareFindings(expected, d, a.action)
		if same {
			continue
		}
		summary := "is not " + a.name + " as expected"
		if a.action == v1alpha1.Deny && len(all) > 0 {
			summary = "" // said already
		}
		all = append(all, Failure{Summary: summary, About: a.name, Diff: lines})
	}
	return all
}

// compareFindings makes a diff of findings: those that are missing, those that nobody expects, and
// those that are as expected.
func compareFindings(expected []v1alpha1.ExpectedFinding, d *guardrail.Decision, action v1alpha1.Action) (lines []string, same bool) {
	found := d.With(action)
	same = true
	for i := range expected {
		e := &expected[i]
		if !slices.ContainsFunc(found, func(f *guardrail.Finding) bool { return fits(e, f) }) {
			lines, same = append(lines, "-"+written(e)+insteadOf(e, d)), false
		}
	}
	var kept []string
	for _, f := range found {
		if slices.ContainsFunc(expected, func(e v1alpha1.ExpectedFinding) bool { return fits(&e, f) }) {
			kept = append(kept, " "+f.String())
			continue
		}
		lines, same = append(lines, "+"+f.String()), false
	}
	return append(lines, kept...), same
}

// insteadOf says what became of an expected finding that is there with another consequence.
func insteadOf(e *v1alpha1.ExpectedFinding, d *guardrail.Decision) string {
	for _, f := range d.Exempted {
		if fits(e, f) {
			return fmt.Sprintf(" (is exempt by Exemption %s)", f.Exemption)
		}
	}
	for _, f := range d.Findings {
		if !fits(e, f) {
			continue
		}
		switch {
		case f.EnforceFrom != "":
			return fmt.Sprintf(" (is only warned of until %s)", f.EnforceFrom)
		case f.Existing:
			return " (is only warned of: it was so before)"
		case f.Softened:
			return " (is softened by the label of the Namespace)"
		}
		return map[v1alpha1.Action]string{
			v1alpha1.Deny: " (is denied)", v1alpha1.Warn: " (is only warned of)", v1alpha1.Audit: " (is only audited)",
		}[f.Action]
	}
	return ""
}
