package files

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/manifest"
)

// origins are the objects of files by kind and name, for mistakes that show only when all are read.
type origins map[string]*manifest.Object

// add reads an object. Of two of a name the latter is the mistake.
func (o origins) add(object *manifest.Object, all *guardrail.Objects) (mistakes []error) {
	name := object.Name
	if object.Namespace != "" {
		name = object.Namespace + "/" + name
	}
	o[object.Kind+" "+name] = object
	for _, d := range object.Duplicates {
		mistakes = append(mistakes, &manifest.Error{
			Place: manifest.Place{File: object.File, Line: d.Line},
			Text:  fmt.Sprintf("%q must not be there twice: it is in line %d too", d.Pointer[strings.LastIndex(d.Pointer, "/")+1:], d.First),
		})
	}
	for _, err := range all.Add(guardrail.AsWritten(object.Raw, object.Text())) {
		mistakes = append(mistakes, &manifest.Error{Place: PlaceOf(object, err), Text: err.Error()})
	}
	return mistakes
}

// place is where a mistake is, or nothing for an object of no file.
func (o origins) place(m *guardrail.Mistake) string {
	object := o[m.Kind+" "+m.Name]
	if object == nil {
		return ""
	}
	return PlaceOf(object, m).String()
}

// PlaceOf is where in an object a mistake is. It goes by the field that the mistake names, and else
// by what it begins with.
func PlaceOf(object *manifest.Object, err error) manifest.Place {
	path, _, _ := strings.Cut(err.Error(), ":")
	if mistake, is := errors.AsType[*field.Error](err); is {
		path = mistake.Field
	} else if unknown, is := errors.AsType[kjson.FieldError](err); is {
		path = unknown.FieldPath()
	}
	line, _ := object.PositionAt(PointerTo(path))
	return manifest.Place{File: object.File, Line: line}
}

var (
	step    = regexp.MustCompile(`[^.\[\]]+|\[[^\]]*\]`)
	escaper = strings.NewReplacer("[", "", "]", "", "~", "~0", "/", "~1")
)

// PointerTo is the JSON Pointer of a path such as spec.validators[0].params.labels[app].
func PointerTo(path string) string {
	var b strings.Builder
	for _, name := range step.FindAllString(path, -1) {
		b.WriteString("/" + escaper.Replace(name))
	}
	return b.String()
}
