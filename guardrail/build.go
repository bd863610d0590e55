package guardrail

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// builder makes what is evaluated of what people wrote, and says what is wrong with it.
type builder struct {
	// rules are the names of rules in CEL, which Exemptions may name.
	rules map[string]bool
	// now is when an Exemption that does not know it was created.
	now time.Time
	// stored says that a cluster holds the objects already.
	stored bool
}

func (b *builder) guardrail(in *v1alpha1.Guardrail) (*guardrail, problems) {
	p := problems{stored: b.stored}
	spec := field.NewPath("spec")
	out := &guardrail{name: printable.Text(in.Name), rules: in.Spec.Rules}
	if in.Name == "" {
		p.mistakes = append(p.mistakes, field.Required(field.NewPath("metadata", "name"), "must be set"))
	}
	if n := cel.Bytes(&in.Spec); n > cel.MaxGuardrailBytes {
		p.mistakes = append(p.mistakes, field.Invalid(spec, field.OmitValueType{}, fmt.Sprintf(
			"must not have more than %d bytes of expressions, has %d: make two Guardrails of it", cel.MaxGuardrailBytes, n)))
		return nil, p // to compile them is what is to be avoided
	}
	var wrong [3]field.ErrorList
	out.match, wrong[0] = compileMatch(in.Spec.Match, spec.Child("match"))
	out.exemptions, wrong[1] = compilePolicy(in.Spec.Exemptions, spec.Child("exemptions"))
	out.overrides, wrong[2] = compileOverrides(in.Spec.NamespaceOverrides, spec.Child("namespaceOverrides"))
	p.mistakes = slices.Concat(p.mistakes, wrong[0], wrong[1], wrong[2])
	out.mutators = entries(&p, in.Spec.Mutators, spec.Child("mutators"),
		func(m *v1alpha1.Mutator) string { return m.Name }, b.mutator)
	out.validators = entries(&p, in.Spec.Validators, spec.Child("validators"),
		func(v *v1alpha1.Validator) string { return v.Name }, b.validator)
	rules := entries(&p, in.Spec.Rules, spec.Child("rules"),
		func(r *v1alpha1.Rule) string { return r.Name }, b.rule)
	out.mutations = entries(&p, in.Spec.Mutations, spec.Child("mutations"),
		func(m *v1alpha1.Mutation) string { return m.Name }, b.mutation)
	slices.SortFunc(out.mutators, func(a, b mutator) int { return cmp.Compare(a.name, b.name) })
	slices.SortFunc(out.validators, func(a, b validator) int { return cmp.Compare(a.name, b.name) })
	out.validators = append(out.validators, rules...)
	if len(out.validators)+len(out.mutators)+len(out.mutations) == 0 { // nothing would be left of it
		p.mistakes, p.aside = append(p.mistakes, p.aside...), nil
	}
	if p.refuses() {
		return nil, p
	}
	return out, p
}

// entries builds the entries of a list that have names, but for those that are set aside.
func entries[In, Out any](
	p *problems, list []In, at *field.Path, nameOf func(*In) string, build func(*In, *field.Path) (Out, field.ErrorList),
) []Out {
	out := make([]Out, 0, len(list))
	seen := map[string]bool{}
	for i := range list {
		at := at.Index(i)
		if name := nameOf(&list[i]); seen[name] {
			p.mistakes = append(p.mistakes, field.Duplicate(at.Child("name"), name))
		} else {
			seen[name] = true
		}
		built, wrong := build(&list[i], at)
		if p.setAside(wrong) {
			continue
		}
		out, p.mistakes = append(out, built), append(p.mistakes, wrong...)
	}
	return out
}

func (*builder) mutator(in *v1alpha1.Mutator, at *field.Path) (mutator, field.ErrorList) {
	m, known := mutators.Find(in.Name)
	if !known {
		return mutator{}, field.ErrorList{unknownName(at.Child("name"), in.Name, defaultsByName(), "validators", checksByName())}
	}
	mutate, mistakes := construct(m.New, rawOf(in.Params), at.Child("params"))
	withoutPattern(m.New, rawOf(in.Params), mistakes, at.Child("params"))
	return mutator{name: m.Name, last: m.Last, mutate: mutate}, mistakes
}

func (*builder) validator(in *v1alpha1.Validator, at *field.Path) (validator, field.ErrorList) {
	if in.Name == Schema {
		out := validator{name: Schema, severity: validators.Medium, check: notInReviews{}}
		return out, append(out.setAction(in.Action, in.EnforceFrom, at), onlyAction(in, at)...)
	}
	v, known := validators.Find(in.Name)
	if !known {
		return validator{}, field.ErrorList{unknownName(at.Child("name"), in.Name, checksByName(), "mutators", defaultsByName())}
	}
	out := validator{name: v.Name, severity: v.Severity, resources: v.Resources}
	mistakes := out.setAction(in.Action, in.EnforceFrom, at)
	out.message = in.Message
	mistakes = append(mistakes, checkMessage(in.Message, at.Child("message"))...)
	if in.Except != nil {
		var wrong field.ErrorList
		out.except, wrong = compileExcept(in.Except, &v, at.Child("except"))
		mistakes = append(mistakes, wrong...)
	}
	if v.OverSet != nil {
		var wrong field.ErrorList
		out.check, out.overSet = notInReviews{}, v.OverSet
		out.validateSet, wrong = construct(v.OverSet.New, rawOf(in.Params), at.Child("params"))
		return out, append(mistakes, wrong...)
	}
	validate, wrong := construct(v.New, rawOf(in.Params), at.Child("params"))
	withoutPattern(v.New, rawOf(in.Params), wrong, at.Child("params"))
	if v.Narrow != nil && len(wrong) == 0 {
		out.resources, wrong = construct(v.Narrow, rawOf(in.Params), at.Child("params"))
	}
	out.check = &catalogued{resources: out.resources, validate: validate}
	out.ofPods = slices.ContainsFunc(out.resources, isOfPods)
	return out, append(mistakes, wrong...)
}

// setAction says what follows from a finding, and from when on.
func (v *validator) setAction(action v1alpha1.Action, enforceFrom string, at *field.Path) field.ErrorList {
	var mistakes field.ErrorList
	v.action = cmp.Or(action, v1alpha1.Deny)
	if actions := []v1alpha1.Action{v1alpha1.Deny, v1alpha1.Warn, v1alpha1.Audit}; !slices.Contains(actions, v.action) {
		mistakes = append(mistakes, field.NotSupported(at.Child("action"), action, actions))
	}
	if enforceFrom != "" {
		date, err := ParseDate(enforceFrom)
		if err != nil {
			mistakes = append(mistakes, field.Invalid(at.Child("enforceFrom"), enforceFrom, err.Error()))
		}
		v.enforceFrom, v.enforceFromText = date, enforceFrom
	}
	return mistakes
}

// construct makes a check or a default of its parameters, and places what it finds wrong with them.
func construct[T any](constructor func(params.Decode) (T, error), raw []byte, at *field.Path) (T, field.ErrorList) {
	var unknown []error
	made, err := constructor(func(into any) error {
		if len(raw) == 0 {
			return nil
		}
		var wrong []error
		unknown, wrong = unmarshal(raw, into, "parameters")
		return errors.Join(wrong...)
	})
	var mistakes field.ErrorList
	for _, e := range unknown {
		mistakes = append(mistakes, field.Invalid(at, field.OmitValueType{}, e.Error()))
	}
	if err == nil {
		return made, mistakes
	}
	for _, e := range flatten(err) {
		if mistake, ok := errors.AsType[*field.Error](e); ok {
			placed := *mistake
			placed.Field = at.String()
			if mistake.Field != "" {
				placed.Field += "." + mistake.Field
			}
			mistakes = append(mistakes, &placed)
			continue
		}
		mistakes = append(mistakes, field.Invalid(at, field.OmitValueType{}, e.Error()))
	}
	return made, mistakes
}

func rawOf(params *runtime.RawExtension) []byte {
	if params == nil {
		return nil
	}
	return params.Raw
}

func mustBe(what string, at *field.Path, name string, names []string) *field.Error {
	detail := "must be " + what + "; `taffrail explain` lists them"
	slices.Sort(names) // so that of two that are as near it is always the same
	if nearest := NearestName(name, names); nearest != "" {
		detail = fmt.Sprintf("must be %s; did you mean %q?", what, nearest)
	}
	return field.Invalid(at, name, detail)
}
