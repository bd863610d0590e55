package guardrail

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/workload"
)

// except are the containers that a validator does not judge.
type except struct {
	images, containers []pattern
}

// pattern is a string that may end in a star.
type pattern string

func (p pattern) matches(s string) bool {
	if prefix, open := strings.CutSuffix(string(p), "*"); open {
		return strings.HasPrefix(s, prefix)
	}
	return s == string(p)
}

func anyMatches(patterns []pattern, s string) bool {
	for _, p := range patterns {
		if p.matches(s) {
			return true
		}
	}
	return false
}

func (e *except) covers(c workload.Container) bool {
	return e != nil && c.Container != nil && anyMatches(e.images, c.Image) &&
		(len(e.containers) == 0 || anyMatches(e.containers, c.Name))
}

func compileExcept(in *v1alpha1.Except, at *field.Path) (*except, field.ErrorList) {
	var mistakes field.ErrorList
	if len(in.Images) == 0 {
		mistakes = append(mistakes, field.Required(at.Child("images"), "must name the images: a container's name alone is anybody's to choose"))
	}
	out := &except{}
	out.images, mistakes = compilePatterns(in.Images, at.Child("images"), mistakes)
	out.containers, mistakes = compilePatterns(in.Containers, at.Child("containers"), mistakes)
	return out, mistakes
}

func compilePatterns(in []string, at *field.Path, mistakes field.ErrorList) ([]pattern, field.ErrorList) {
	var out []pattern
	for i, s := range in {
		if prefix := strings.TrimSuffix(s, "*"); prefix == "" || strings.Contains(prefix, "*") {
			mistakes = append(mistakes, field.Invalid(at.Index(i), s, "must be a name, or its beginning followed by *"))
		}
		out = append(out, pattern(s))
	}
	return out, mistakes
}
