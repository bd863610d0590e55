package validators

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The types of profiles, which seccomp and AppArmor have in common.
const (
	runtimeDefault = "RuntimeDefault"
	unconfined     = "Unconfined"
	localhost      = "Localhost"
)

// profile is one of seccomp or AppArmor: a type, with a name where it is a profile of the node.
type profile struct{ kind, name string }

func (p profile) String() string {
	if p.kind != localhost {
		return p.kind
	}
	return localhost + "/" + p.name
}

// profileNames are profiles that are allowed: RuntimeDefault, Unconfined, and Localhost/ with the name
// of one, in which a star at the end stands for the rest.
type profileNames []string

func parseProfileNames(texts []string, at *field.Path) (names profileNames, mistakes field.ErrorList) {
	if len(texts) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a profile"))
	}
	for i, text := range texts {
		name, local := strings.CutPrefix(text, localhost+"/")
		if text != runtimeDefault && text != unconfined && (!local || name == "" || strings.Contains(strings.TrimSuffix(name, "*"), "*")) {
			mistakes = append(mistakes, field.Invalid(at.Index(i), text, "must be RuntimeDefault, Unconfined, Localhost/ and the name of a profile, or Localhost/*"))
		}
	}
	return texts, mistakes
}

func (names profileNames) allow(p profile) bool {
	if p.kind != localhost {
		return slices.Contains(names, p.kind)
	}
	return slices.ContainsFunc(names, func(allowed string) bool {
		allowed, local := strings.CutPrefix(allowed, localhost+"/")
		prefix, open := strings.CutSuffix(allowed, "*")
		return local && (allowed == p.name || open && strings.HasPrefix(p.name, prefix))
	})
}
