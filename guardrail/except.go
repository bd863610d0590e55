package guardrail

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

// except are the containers that a validator does not look at.
type except struct {
	images     images.Patterns
	former     []string // images that are no patterns any more, taken as they were written
	containers []pattern
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
	return e != nil && c.Container != nil && e.coversImage(c.Image) &&
		(len(e.containers) == 0 || anyMatches(e.containers, c.Name))
}

func (e *except) coversImage(text string) bool {
	return e.images.Match(images.Parse(text)) || slices.Contains(e.former, text)
}

func compileExcept(in *v1alpha1.Except, at *field.Path) (*except, field.ErrorList) {
	var mistakes field.ErrorList
	if len(in.Images) == 0 {
		mistakes = append(mistakes, field.Required(at.Child("images"), "must name the images: a container's name alone is anybody's to choose"))
	}
	out := &except{}
	for i, text := range in.Images {
		p, err := images.ParsePattern(text)
		if err != nil {
			// A registry* once covered registry.evil.net as well.
			mistakes = append(mistakes, params.Former(field.Invalid(at.Child("images").Index(i), text, err.Error())))
			out.former = append(out.former, text)
			continue
		}
		out.images = append(out.images, p)
	}
	containers, wrong := compilePatterns(in.Containers, at.Child("containers"))
	out.containers = containers
	return out, append(mistakes, wrong...)
}

func compilePatterns(in []string, at *field.Path) (out []pattern, mistakes field.ErrorList) {
	for i, s := range in {
		if prefix := strings.TrimSuffix(s, "*"); prefix == "" || strings.Contains(prefix, "*") {
			mistakes = append(mistakes, field.Invalid(at.Index(i), s, "must be a name, or its beginning followed by *"))
		}
		out = append(out, pattern(s))
	}
	return out, mistakes
}
