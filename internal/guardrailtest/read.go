package guardrailtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
)

// Case is one request, and what is to become of it.
type Case struct {
	Test *Test
	Name string
	// Line and Column are where it begins in the file of the test.
	Line, Column int

	request   *admissionv1.AdmissionRequest
	now       time.Time
	namespace *v1alpha1.TestNamespace
	expect    *expectation
}

// FullName is what `--run` is matched with, and what people are told.
func (c *Case) FullName() string { return c.Test.Name + ": " + c.Name }

// reader reads one test, and collects what is wrong with it.
type reader struct {
	suite    *Suite
	test     *Test
	object   *manifest.Object
	now      time.Time
	dir      string
	mistakes []error
}

func (r *reader) wrong(mistake *field.Error) { r.mistakes = append(r.mistakes, mistake) }

// placedError are mistakes that say where they are: in other files than the test.
type placedError struct{ error }

func (e *placedError) Unwrap() error { return e.error }

func (r *reader) cases(list []v1alpha1.TestCase) {
	at := field.NewPath("spec", "cases")
	if len(list) == 0 {
		r.wrong(field.Required(at, "must hold a case"))
	}
	seen := map[string]bool{}
	for i := range list {
		in, at := &list[i], at.Index(i)
		switch {
		case in.Name == "":
			r.wrong(field.Required(at.Child("name"), "must say what the case shows"))
		case printable.Text(in.Name) != in.Name:
			r.wrong(field.Invalid(at.Child("name"), in.Name, "must be one line of letters, signs and spaces that can be printed"))
		case seen[in.Name]:
			r.wrong(field.Duplicate(at.Child("name"), in.Name))
		}
		seen[in.Name] = true
		line, column := r.object.PositionAt(fmt.Sprintf("/spec/cases/%d", i))
		c := &Case{Test: r.test, Name: in.Name, Line: line, Column: column, namespace: in.Namespace, now: r.now}
		if in.Now != "" {
			now, err := guardrail.ParseDate(in.Now)
			if err != nil {
				r.wrong(field.Invalid(at.Child("now"), in.Now, err.Error()))
			}
			c.now = now
		}
		c.request = r.request(in, at)
		c.expect = r.expectation(in, at.Child("expect"))
		r.test.Cases = append(r.test.Cases, c)
	}
}

// guardrails are those of the test. What is wrong with them is told once, however many tests name
// them.
func (r *reader) guardrails(names []string) *guardrails {
	at := field.NewPath("spec", "guardrails")
	if len(names) == 0 {
		names = []string{files.BuiltIn}
	}
	var entries []*entry
	for i, name := range names {
		e, mistake := r.suite.shelf.entry(r.dir, name)
		switch {
		case mistake != nil:
			mistake.Field = at.Index(i).String()
			r.wrong(mistake)
		case e.err != nil:
			r.mistakes = append(r.mistakes, &placedError{e.err})
		case !slices.Contains(entries, e):
			entries = append(entries, e)
		}
	}
	if len(r.mistakes) > 0 {
		return nil
	}
	g := r.suite.shelf.together(entries, r.now)
	switch {
	case g.err != nil:
		r.mistakes = append(r.mistakes, &placedError{g.err})
	case len(g.objects.Guardrails) == 0:
		r.wrong(field.Invalid(at, strings.Join(names, ", "), "must hold a Guardrail"))
	}
	return g
}
