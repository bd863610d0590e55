package guardrailtest

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
)

// objectOf reads an object that stands in the test or in a file, or nil where there is none.
func (r *reader) objectOf(inline *runtime.RawExtension, file string, at *field.Path, nameInline, nameFile string) (object *manifest.Object) {
	switch {
	case inline != nil && file != "":
		r.wrong(field.Forbidden(at.Child(nameFile), "must not be set beside "+nameInline))
	case inline != nil:
		object = r.inline(inline.Raw, at.Child(nameInline))
	case file != "":
		object = r.inFile(file, at.Child(nameFile))
	}
	if object != nil {
		r.checkFields(object)
	}
	return object
}

// checkFields warns of fields that a kind does not have: a case with a misspelt one shows something
// else than it says.
func (r *reader) checkFields(object *manifest.Object) {
	var document map[string]any
	if kjson.UnmarshalCaseSensitivePreserveInts(object.Raw, &document) != nil {
		return // to decode it as its kind says what is wrong
	}
	mistakes, cut := r.suite.fields.Check(object.GroupVersionKind(), document)
	if cut { // a value of another type is a mistake, and told as that
		return
	}
	for i := range mistakes {
		line, column := object.PositionAt(mistakes[i].Pointer)
		warning := printable.Text(fmt.Sprintf("%s:%d:%d: warning: %v", object.File, line, column, &mistakes[i]))
		if !slices.Contains(r.suite.Warnings, warning) { // several cases may have the same object
			r.suite.Warnings = append(r.suite.Warnings, warning)
		}
	}
}

// inFile reads an object that is alone in a file.
func (r *reader) inFile(name string, at *field.Path) *manifest.Object {
	object, err := readObject(filepath.Join(r.dir, filepath.FromSlash(name)))
	placed, is := errors.AsType[*manifest.Error](err)
	switch {
	case is && placed.Line > 0:
		r.mistakes = append(r.mistakes, &placedError{err})
	case is:
		r.wrong(field.Invalid(at, name, placed.Text))
	case err != nil:
		r.wrong(field.Invalid(at, name, err.Error()))
	}
	return object
}

// inline reads an object that stands in the test.
func (r *reader) inline(raw []byte, at *field.Path) *manifest.Object {
	object, err := r.object.Within(files.PointerTo(at.String()), raw)
	if err != nil {
		path, text, found := strings.Cut(err.Error(), ": ")
		if !found {
			path, text = "", err.Error()
		}
		r.wrong(below(at, path, text))
		return nil
	}
	if wrong := builtin.Misnamed(object.APIVersion, object.Kind); wrong != nil {
		r.wrong(below(at, wrong.Path, strings.TrimPrefix(wrong.Text, "Invalid value: ")))
		return nil
	}
	return object
}

// below is a mistake at a path below another.
func below(at *field.Path, path, text string) *field.Error {
	if path != "" {
		at = at.Child(path)
	}
	return field.Invalid(at, field.OmitValueType{}, text)
}

// readObject reads a manifest with one object.
func readObject(file string) (*manifest.Object, error) {
	input := manifest.Read(nil, file)
	for _, err := range input.Errors {
		return nil, err
	}
	if n := len(input.Objects); n != 1 {
		return nil, fmt.Errorf("must hold one object, holds %d", n)
	}
	object := input.Objects[0]
	if wrong := builtin.Misnamed(object.APIVersion, object.Kind); wrong != nil {
		line, _ := object.PositionAt(wrong.Pointer)
		return nil, &manifest.Error{Place: manifest.Place{File: file, Line: line}, Text: wrong.Error()}
	}
	return object, nil
}
