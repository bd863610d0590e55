package guardrail

import (
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// except are the containers that a validator does not look at.
type except struct {
	any        bool // image
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
	return e.coversImage(c.Image) && (len(e.containers) == 0 || anyMatches(e.containers, c.Name))
}

// coversAll tells whether nothing of a Pod is left to look at. One without containers is not spared.
func (e *except) coversAll(pod *workload.Pod) bool {
	for c := range pod.AllContainers() {
		if !e.covers(c) {
			return false
		}
	}
	return pod.Len() > 0
}

// sparing tells which findings about an object are excepted: what is found of a container by the
// container, what is found of the Pod when all its containers are. It is nil where none can be.
func (e *except) sparing(pod *workload.Pod) func(*validators.Finding) bool {
	if e == nil || pod == nil {
		return nil
	}
	whole := sync.OnceValue(func() bool { return e.coversAll(pod) })
	return func(f *validators.Finding) bool {
		switch {
		case f.Container.Container != nil:
			return e.covers(f.Container)
		case f.Type == field.ErrorTypeInternal || isOfObject(f.Path, pod):
			return false
		default:
			return whole()
		}
	}
}

func (e *except) coversImage(text string) bool {
	return e.any || e.images.Match(images.Parse(text)) || slices.Contains(e.former, text)
}

func compileExcept(in *v1alpha1.Except, of *validators.Validator, at *field.Path) (*except, field.ErrorList) {
	if !of.OfPods() {
		return nil, field.ErrorList{params.Former(field.Forbidden(at,
			"must not be set: "+of.Name+" does not look at containers, so it would except nothing"), params.NoEffect)}
	}
	var mistakes field.ErrorList
	if len(in.Images) == 0 {
		mistakes = append(mistakes, field.Required(at.Child("images"), "must name the images: a container's name alone is anybody's to choose"))
	}
	out := &except{}
	for i, text := range in.Images {
		p, err := images.ParsePattern(text)
		if err != nil {
			// A registry* once covered registry.evil.net as well.
			mistakes = append(mistakes, params.Former(field.Invalid(at.Child("images").Index(i), text, err.Error()), params.CountsAlone))
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
