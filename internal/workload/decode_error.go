package workload

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"taffrail.dev/taffrail/internal/printable"
)

// DecodeError says where an object is not as its kind must be.
type DecodeError struct {
	// Pointer is where, as a JSON Pointer.
	Pointer string
	Detail  string
}

func (e *DecodeError) Error() string {
	if e.Pointer == "" {
		return printable.Text(e.Detail)
	}
	return printable.Text(pathOf(jsontext.Pointer(e.Pointer)) + ": " + e.Detail)
}

// PathAt writes a JSON Pointer as people read it.
func PathAt(pointer string) string { return printable.Text(pathOf(jsontext.Pointer(pointer))) }

// pathOf writes a JSON Pointer as paths are written: spec.containers[0].name.
// A name that is not one of a field is taken for a key of a map.
func pathOf(pointer jsontext.Pointer) string {
	var b strings.Builder
	for name := range pointer.Tokens() {
		if _, err := strconv.Atoi(name); err == nil || strings.ContainsAny(name, "./-") {
			fmt.Fprintf(&b, "[%s]", name)
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(name)
	}
	return b.String()
}

// explain makes a DecodeError of what the decoder says. Its own words name
// types of Go, and differ from one build to the next on purpose.
func explain(err error) error {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		return &DecodeError{Pointer: string(semantic.JSONPointer), Detail: explainSemantic(semantic)}
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok && errors.Is(err, jsontext.ErrDuplicateName) {
		return &DecodeError{Pointer: string(syntactic.JSONPointer), Detail: "must not be there twice"}
	}
	return err
}

func explainSemantic(e *json.SemanticError) string {
	if errors.Is(e.Err, strconv.ErrRange) {
		return "must be a smaller number"
	}
	if e.Err != nil && !errors.Is(e.Err, strconv.ErrSyntax) || e.GoType == nil {
		return strings.TrimPrefix(fmt.Sprint(e.Err), "json: ")
	}
	is := "a " + e.JSONKind.String()
	switch e.JSONKind {
	case jsontext.KindBeginObject:
		is = "a mapping"
	case jsontext.KindBeginArray:
		is = "a list"
	case jsontext.KindTrue, jsontext.KindFalse:
		is = "a boolean"
	}
	if len(e.JSONValue) > 0 && len(e.JSONValue) < maxShown {
		is = string(e.JSONValue)
	}
	return fmt.Sprintf("must be %s, is %s", wanted(e.GoType), is)
}

// maxShown bounds what a message repeats of a value, in bytes.
const maxShown = 80

func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "a boolean"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "an integer"
	case reflect.Slice:
		return "a list"
	default:
		return "a mapping"
	}
}
