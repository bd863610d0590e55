package guardrailtest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/manifest"
)

// Suite is all tests that arguments stand for.
type Suite struct {
	Tests []*Test
	// Errors tell what could not be read, each with its place. The other tests stand.
	Errors []error
	// Warnings tell of what is probably not meant, each with its place.
	Warnings []string

	shelf  *shelf
	fields *builtin.Fields
}

// Test is one GuardrailTest.
type Test struct {
	File, Name string
	Cases      []*Case

	guardrails *guardrails
}

// kind is what documents must contain to be read: most of a directory may be something else.
const kind = "GuardrailTest"

// Load reads the tests in files and below directories, and in standard input where an argument is
// "-". The time is that of cases that name none.
func Load(stdin io.Reader, now time.Time, args ...string) *Suite {
	s := &Suite{shelf: newShelf(), fields: builtin.NewFields()}
	sources := manifest.Open(stdin, args...)
	for _, err := range sources.Errors {
		s.Errors = append(s.Errors, err)
	}
	failed := map[string]bool{}
	for i := range sources.Len() {
		input := sources.ReadWith(i, kind)
		for _, err := range input.Errors {
			s.Errors = append(s.Errors, err)
			failed[err.File] = true
		}
		for _, object := range input.Objects {
			if object.GroupVersionKind().Group != v1alpha1.GroupVersion.Group {
				continue
			}
			if err := misnamed(object); err != nil {
				s.fail(object, err)
				failed[object.File] = true
				continue
			}
			if guardrail.IsTest(object.GroupVersionKind()) {
				s.add(object, now)
				failed[object.File] = true
			}
		}
	}
	s.missing(args, failed)
	return s
}

// missing tells of files that were named and hold no test: whoever names one expects it to be run.
func (s *Suite) missing(args []string, told map[string]bool) {
	for _, arg := range args {
		file := filepath.Clean(arg)
		if arg == "-" {
			file = manifest.Stdin
		} else if info, err := os.Stat(arg); err != nil || info.IsDir() {
			continue
		}
		if !told[file] {
			s.Errors = append(s.Errors, &manifest.Error{
				Place: manifest.Place{File: file},
				Text:  fmt.Sprintf("holds no %s of %s", kind, v1alpha1.GroupVersion),
			})
		}
	}
}

// misnamed says what is wrong with a document of our group that is nearly a test.
func misnamed(object *manifest.Object) error {
	switch {
	case object.Kind == kind && !guardrail.IsTest(object.GroupVersionKind()):
		return fmt.Errorf("apiVersion: must be %s, is %q", v1alpha1.GroupVersion, object.APIVersion)
	case object.Kind != kind && guardrail.NearestName(object.Kind, []string{kind, "Guardrail", "Exemption"}) == kind:
		return fmt.Errorf("kind: must be %s, is %q", kind, object.Kind)
	default:
		return nil
	}
}

// add reads a test: all of it, or its mistakes.
func (s *Suite) add(object *manifest.Object, now time.Time) {
	var document v1alpha1.GuardrailTest
	mistakes := guardrail.Decode(guardrail.AsWritten(object.Raw, object.Text()), &document)
	for _, d := range object.Duplicates {
		s.Errors = append(s.Errors, &manifest.Error{
			Place: manifest.Place{File: object.File, Line: d.Line},
			Text:  fmt.Sprintf("%q must not be there twice: it is in line %d too", d.Pointer[strings.LastIndex(d.Pointer, "/")+1:], d.First),
		})
	}
	if len(mistakes)+len(object.Duplicates) > 0 {
		s.fail(object, mistakes...)
		return
	}
	t := &Test{File: object.File, Name: cmp.Or(document.Metadata.Name, nameOf(object.File))}
	r := &reader{suite: s, test: t, object: object, now: now, dir: dirOf(object.File)}
	t.guardrails = r.guardrails(document.Spec.Guardrails)
	r.cases(document.Spec.Cases)
	if len(r.mistakes) > 0 {
		s.fail(object, r.mistakes...)
		return
	}
	s.Tests = append(s.Tests, t)
}

// fail tells of mistakes, from top to bottom.
func (s *Suite) fail(object *manifest.Object, mistakes ...error) {
	slices.SortStableFunc(mistakes, func(a, b error) int {
		return cmp.Compare(files.PlaceOf(object, a).Line, files.PlaceOf(object, b).Line)
	})
	for _, err := range mistakes {
		if placed, is := errors.AsType[*placedError](err); is {
			if !slices.Contains(s.Errors, placed.error) { // several tests may have the same guardrails
				s.Errors = append(s.Errors, placed.error)
			}
			continue
		}
		text := err.Error()
		if object.Name != "" {
			text = fmt.Sprintf("%s %q: %s", object.Kind, object.Name, text)
		}
		s.Errors = append(s.Errors, &manifest.Error{Place: files.PlaceOf(object, err), Text: text})
	}
}

// nameOf is the name of a test that has none: that of its file.
func nameOf(file string) string {
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

// dirOf is what the paths in a test are relative to.
func dirOf(file string) string {
	if file == manifest.Stdin {
		return "."
	}
	return filepath.Dir(file)
}
