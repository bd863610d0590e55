package fix

import (
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// selection is what is to be fixed: all, if it has no names.
type selection struct{ names []string }

// newSelection finds names that are none, and those that no guardrail uses.
func newSelection(names []string, objects guardrail.Objects) (*selection, error) {
	used, mutations := usedBy(objects), mutationsIn(objects)
	for _, name := range names {
		check, control, controlled := strings.Cut(name, "/")
		v, isCheck := validators.Find(check)
		_, isDefault := mutators.Find(check)
		isDefault = isDefault || slices.Contains(mutations, check)
		switch {
		case !isCheck && !isDefault:
			return nil, fmt.Errorf("--only %q: must be the name of a check or of a default%s", name, didYouMean(check, slices.Concat(validators.Names(), mutators.Names(), mutations)))
		case controlled && !slices.Contains(v.Controls, control):
			return nil, fmt.Errorf("--only %q: %s has no such control%s; see `taffrail explain %s`", name, check, didYouMean(control, v.Controls), check)
		case !used[check]:
			return nil, fmt.Errorf("--only %q: no guardrail uses it", name)
		}
	}
	return &selection{names}, nil
}

func didYouMean(name string, names []string) string {
	if nearest := guardrail.NearestName(name, names); nearest != "" {
		return fmt.Sprintf("; did you mean %q?", nearest)
	}
	return ""
}

func usedBy(objects guardrail.Objects) map[string]bool {
	used := map[string]bool{}
	for i := range objects.Guardrails {
		spec := &objects.Guardrails[i].Spec
		for _, m := range spec.Mutators {
			used[m.Name] = true
		}
		for _, v := range spec.Validators {
			used[v.Name] = true
		}
	}
	for _, name := range mutationsIn(objects) {
		used[name] = true
	}
	return used
}

func mutationsIn(objects guardrail.Objects) (all []string) {
	for i := range objects.Guardrails {
		for _, m := range objects.Guardrails[i].Spec.Mutations {
			all = append(all, m.Name)
		}
	}
	return all
}

// hasCheck tells whether the findings of a check, or of one of its controls, are to be fixed.
func (s *selection) hasCheck(name, control string) bool {
	return len(s.names) == 0 || slices.Contains(s.names, name) || control != "" && slices.Contains(s.names, name+"/"+control)
}

// defaultsOf are guardrails with nothing but the defaults that are to be written.
func (s *selection) defaultsOf(objects guardrail.Objects) guardrail.Objects {
	some := guardrail.Objects{Guardrails: slices.Clone(objects.Guardrails)}
	for i := range some.Guardrails {
		spec := &some.Guardrails[i].Spec
		spec.Validators, spec.Rules, spec.Mutations = nil, nil, nil
		spec.Mutators = slices.DeleteFunc(slices.Clone(spec.Mutators), func(m v1alpha1.Mutator) bool {
			return len(s.names) > 0 && !slices.Contains(s.names, m.Name)
		})
	}
	return some
}

// mutationsOf are guardrails with nothing but the mutations that are to be written.
func (s *selection) mutationsOf(objects guardrail.Objects) guardrail.Objects {
	some := guardrail.Objects{}
	for _, g := range objects.Guardrails {
		g.Spec.Validators, g.Spec.Rules, g.Spec.Mutators = nil, nil, nil
		g.Spec.Mutations = slices.DeleteFunc(slices.Clone(g.Spec.Mutations), func(m v1alpha1.Mutation) bool {
			return len(s.names) > 0 && !slices.Contains(s.names, m.Name)
		})
		if len(g.Spec.Mutations) > 0 {
			some.Guardrails = append(some.Guardrails, g)
		}
	}
	return some
}
