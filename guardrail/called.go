package guardrail

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// peers are the tools that people come from with their own names for a check.
var peers = []params.Source{params.Kyverno, params.Gatekeeper, params.Polaris, params.KubeLinter, params.KRail}

// entry is a check or a default, by what it is called here and elsewhere.
type entry struct {
	name       string
	controls   []string
	references []params.Reference
}

func checksByName() (all []entry) {
	for _, v := range validators.All() {
		all = append(all, entry{v.Name, v.Controls, v.References})
	}
	return all
}

func defaultsByName() (all []entry) {
	for _, m := range mutators.All() {
		all = append(all, entry{m.Name, nil, m.References})
	}
	return all
}

// unknownName says what was meant: a name of ours in another spelling, a control of a check, what a
// peer has for it, or a slip of the pen. What belongs into the other list is told so.
func unknownName(at *field.Path, name string, known []entry, otherList string, others []entry) *field.Error {
	if means := meant(name, known); means != "" {
		return field.Invalid(at, name, "must be a name of the catalogue; did you mean "+means+"?")
	}
	if means := meant(name, others); means != "" {
		return field.Invalid(at, name, fmt.Sprintf("must be a name of the catalogue; did you mean %s, in spec.%s?", means, otherList))
	}
	var names []string
	for _, e := range known {
		names = append(names, e.name)
	}
	return mustBe("a name of the catalogue", at, name, names)
}

// meant are the entries that a name stands for, but for slips of the pen.
func meant(name string, entries []entry) string {
	for _, e := range entries {
		if sameName(e.name, name) {
			return fmt.Sprintf("%q", e.name)
		}
	}
	for _, e := range entries {
		_, control, narrow := strings.Cut(name, "/")
		if !narrow {
			control = name
		}
		if i := slices.IndexFunc(e.controls, func(c string) bool { return sameName(c, control) }); i >= 0 {
			return fmt.Sprintf("%q with params: {level: restricted, controls: [%s]}", e.name, e.controls[i])
		}
	}
	for _, peer := range peers {
		var ours []string
		for _, e := range entries {
			if slices.ContainsFunc(e.references, func(r params.Reference) bool { return r.Source == peer && sameName(r.ID, name) }) {
				ours = append(ours, fmt.Sprintf("%q", e.name))
			}
		}
		if len(ours) > 0 {
			return strings.Join(ours, " or ") + " for what " + string(peer) + " calls so"
		}
	}
	return ""
}

// sameName leaves out of account what people do not remember of a name.
func sameName(a, b string) bool {
	plain := strings.NewReplacer("_", "-", " ", "-")
	return strings.EqualFold(plain.Replace(a), plain.Replace(b))
}
