package migrate

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// finish makes the Exemptions, when it is known what the rules have become that they are for, and
// takes out Guardrails of rules that another of their Guardrails has had left.
func (a *assembly) finish() {
	a.dropLeft()
	for i := range a.rules {
		r := &a.rules[i]
		switch {
		case r.Left != "":
		case len(r.Excepts) > 0:
			a.except(i)
		default:
			for _, p := range r.Parts {
				a.exempt(i, p.Exemptions)
			}
		}
	}
}

// dropLeft takes out what only rules stand for that are left.
func (a *assembly) dropLeft() {
	wanted := map[string]bool{}
	for i := range a.rules {
		if a.rules[i].Left != "" {
			delete(a.became, i)
		}
		for _, name := range a.became[i] {
			wanted[name] = true
		}
	}
	var rest []v1alpha1.Guardrail
	for _, g := range a.objects.Guardrails {
		named := func(name string) bool { return !wanted[g.Name+"/"+name] }
		g.Spec.Validators = slices.DeleteFunc(g.Spec.Validators, func(v v1alpha1.Validator) bool { return named(v.Name) })
		g.Spec.Mutators = slices.DeleteFunc(g.Spec.Mutators, func(m v1alpha1.Mutator) bool { return named(m.Name) })
		g.Spec.Mutations = slices.DeleteFunc(g.Spec.Mutations, func(m v1alpha1.Mutation) bool { return named(m.Name) })
		g.Spec.Rules = slices.DeleteFunc(g.Spec.Rules, func(r v1alpha1.Rule) bool { return named(r.Name) })
		if len(g.Spec.Validators)+len(g.Spec.Mutators)+len(g.Spec.Mutations)+len(g.Spec.Rules) > 0 {
			rest = append(rest, g)
		}
	}
	a.objects.Guardrails = rest
}

// except fills in which checks and rules an exception is for.
func (a *assembly) except(i int) {
	r := &a.rules[i]
	var guardrails, names []string
	for j := range a.rules {
		if !refersTo(r.Excepts, &a.rules[j]) {
			continue
		}
		for _, became := range a.became[j] {
			of, name, _ := strings.Cut(became, "/")
			if !a.isMutator(of, name) {
				guardrails, names = append(guardrails, of), append(names, name)
			}
		}
	}
	if len(names) == 0 {
		r.Leave("nothing that it excepts from is among what the policies have become", "give the policies as input too, or drop it with them")
		return
	}
	slices.Sort(guardrails)
	slices.Sort(names)
	for _, p := range r.Parts {
		for j := range p.Exemptions {
			p.Exemptions[j].Spec.Guardrails = slices.Compact(slices.Clone(guardrails))
			p.Exemptions[j].Spec.Validators = slices.Compact(slices.Clone(names))
		}
		a.exempt(i, p.Exemptions)
	}
}

func (a *assembly) isMutator(of, name string) bool {
	return slices.ContainsFunc(a.objects.Guardrails, func(g v1alpha1.Guardrail) bool {
		return g.Name == of && (slices.ContainsFunc(g.Spec.Mutators, func(m v1alpha1.Mutator) bool { return m.Name == name }) ||
			slices.ContainsFunc(g.Spec.Mutations, func(m v1alpha1.Mutation) bool { return m.Name == name }))
	})
}

// refersTo tells whether one of some references is to a rule.
func refersTo(all []policy.Reference, to *policy.Rule) bool {
	return slices.ContainsFunc(all, func(ref policy.Reference) bool {
		if ref.Policy != to.Policy.Name || ref.Namespace != to.Policy.Namespace || len(ref.Kinds) > 0 && !slices.Contains(ref.Kinds, to.Policy.Kind) {
			return false
		}
		return len(ref.Rules) == 0 || slices.ContainsFunc(ref.Rules, func(glob string) bool {
			fits, _ := path.Match(glob, to.Name)
			return fits
		})
	})
}

// exempt takes Exemptions that the engine takes.
func (a *assembly) exempt(i int, all []v1alpha1.Exemption) {
	for _, e := range all {
		e.APIVersion, e.Kind = v1alpha1.GroupVersion.String(), "Exemption"
		for n, base := 2, e.Name; a.names[e.Namespace+"/"+e.Name]; n++ {
			e.Name = fmt.Sprintf("%s-%d", base, n)
		}
		whole := guardrail.Objects{Guardrails: a.objects.Guardrails, Exemptions: []v1alpha1.Exemption{e}}
		if err := holdsBeside(&whole); err != nil {
			a.rules[i].Leave("what it would become is refused: "+firstLine(err), "write an Exemption by hand")
			continue
		}
		a.names[e.Namespace+"/"+e.Name] = true
		a.objects.Exemptions = append(a.objects.Exemptions, e)
		a.became[i] = append(a.became[i], e.Namespace+"/"+e.Name)
	}
}

// holdsBeside compiles an Exemption next to the Guardrails that it names, and no others.
func holdsBeside(whole *guardrail.Objects) error {
	named := whole.Exemptions[0].Spec.Guardrails
	if len(named) > 0 {
		whole.Guardrails = slices.DeleteFunc(slices.Clone(whole.Guardrails), func(g v1alpha1.Guardrail) bool { return !slices.Contains(named, g.Name) })
	}
	_, err := guardrail.Compile(*whole, guardrail.Options{})
	return err
}
