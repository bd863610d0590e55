package guardrail

import (
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// narrow is what an Exemption is for, beside its selector.
type narrow struct {
	names []pattern
	// containers are those that it is for; nil for all, and for what is in no container.
	containers *except
}

// reach is what a narrow Exemption reaches of one object. It is found out once.
type reach struct {
	named  bool
	covers func(*validators.Finding) bool // nil where it is for no containers
}

// reaches tells whether a finding is within what an Exemption is for.
func (e *evaluation) reaches(x *exemption, f *validators.Finding) bool {
	if len(x.narrow.names) == 0 && x.narrow.containers == nil {
		return true
	}
	r, known := e.reached[x]
	if !known {
		r = &reach{
			named:  len(x.narrow.names) == 0 || anyNamed(x.narrow.names, e.review.Names()),
			covers: x.narrow.containers.sparing(e.review.Pod),
		}
		if e.reached == nil {
			e.reached = map[*exemption]*reach{}
		}
		e.reached[x] = r
	}
	return r.named && (x.narrow.containers == nil || r.covers != nil && r.covers(f))
}

func anyNamed(patterns []pattern, names workload.Names) bool {
	for _, name := range names.Whole {
		if anyMatches(patterns, name) {
			return true
		}
	}
	if names.Begun == "" {
		return false
	}
	for _, p := range patterns {
		if prefix, open := strings.CutSuffix(string(p), "*"); open && strings.HasPrefix(names.Begun, prefix) {
			return true
		}
	}
	return false
}

// exemptBefore tells whether the old object of an update was let off by its containers, and is not
// any more: what was exempt was not evaluated, and the new image is another.
func (c *comparison) exemptBefore(f *validators.Finding) bool {
	old := c.ofOldObject()
	if old == nil {
		return false
	}
	x := old.exempt(c.guardrail, c.validator, f)
	return x != nil && x.narrow.containers != nil
}

// The names that an Exemption may have are told by functions: as regular expressions, whose
// repetitions are written out when they are compiled, they took 95 KiB of an idle server.

// nameOfContainer tells whether a container can have the name, or the beginning before a *.
func nameOfContainer(s string) bool {
	s = strings.TrimSuffix(s, "*")
	if s == "" || len(s) > 63 || s[0] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// nameOfObject tells whether an object can have the name, or the beginning before a *.
func nameOfObject(s string) bool {
	s = strings.TrimSuffix(s, "*")
	return s != "" && utf8.RuneCountInString(s) <= 253 && !strings.ContainsAny(s, "/%*")
}

// narrow says what an Exemption is for, and what of that can never be.
func (b *builder) narrow(in *v1alpha1.ExemptionSpec, spec *field.Path) (out narrow, mistakes field.ErrorList) {
	check := func(list []string, at *field.Path, is func(string) bool, what string) (patterns []pattern) {
		for i, s := range list {
			if !is(s) {
				mistakes = append(mistakes, field.Invalid(at.Index(i), s, "must be the name of "+what+", or its beginning followed by *"))
			}
			patterns = append(patterns, pattern(s))
		}
		return patterns
	}
	out.names = check(in.Names, spec.Child("names"), nameOfObject, "an object or of the workload that owns a Pod")
	if len(in.Containers)+len(in.Images) == 0 {
		return out, mistakes
	}
	out.containers = &except{any: len(in.Images) == 0}
	out.containers.containers = check(in.Containers, spec.Child("containers"), nameOfContainer, "a container")
	for i, text := range in.Images {
		p, err := images.ParsePattern(text)
		if err != nil {
			mistakes = append(mistakes, field.Invalid(spec.Child("images").Index(i), text, err.Error()))
			continue
		}
		out.containers.images = append(out.containers.images, p)
	}
	for i, name := range in.Validators {
		check, _, _ := strings.Cut(name, "/")
		if v, known := validators.Find(check); known && !v.OfPods() {
			mistakes = append(mistakes, field.Forbidden(spec.Child("validators").Index(i),
				"must not be "+name+" beside containers or images: it does not look at containers, so nothing would be exempt"))
		}
	}
	return out, mistakes
}
