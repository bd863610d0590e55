package guardrail

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

// unmarshal reads JSON strictly, and says what is wrong with it in words of YAML: each place, and
// what must be there. What is unknown does not keep the rest from being read. The fields of the
// whole are called by a name: parameters.
func unmarshal(raw []byte, into any, called string) (unknown, wrong []error) {
	strict, err := kjson.UnmarshalStrict(raw, into)
	var document any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // 1.30 is no longer itself as a number
	if decoder.Decode(&document) != nil {
		return nil, []error{err}
	}
	s := shape{called: called}
	s.compare(document, reflect.TypeOf(into).Elem(), nil)
	for _, e := range strict {
		if !strings.HasPrefix(e.Error(), "unknown field") {
			s.wrong = append(s.wrong, e) // a field that is there twice
		}
	}
	if err != nil && len(s.wrong) == 0 {
		s.wrong = append(s.wrong, err)
	}
	if rest, failed := json.Marshal(document); s.stops && failed == nil {
		reflect.ValueOf(into).Elem().SetZero()
		_ = kjson.UnmarshalCaseSensitivePreserveInts(rest, into) // what is wrong with it is told
	}
	return s.unknown, s.wrong
}

// shape compares a document with the type that it is to become. The names of Go's types mean
// nothing to whoever wrote it.
type shape struct {
	called         string
	unknown, wrong []error
	// stops says that some value reads itself, and would keep what comes after it from being read.
	// It is taken out of the document.
	stops bool
}

// compare tells whether a value can stay: a type that reads itself may fail on it.
func (s *shape) compare(value any, t reflect.Type, at *field.Path) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if value == nil {
		return true
	}
	if reflect.PointerTo(t).Implements(unmarshalers) {
		return s.readsItself(value, t, at)
	}
	switch t.Kind() {
	case reflect.Struct:
		s.compareFields(value, t, at)
	case reflect.Slice:
		list, is := value.([]any)
		if !is {
			s.mustBe("a list", value, at)
		}
		for i, item := range list {
			if !s.compare(item, t.Elem(), at.Index(i)) {
				list[i] = nil
			}
		}
	case reflect.Map:
		entries, is := value.(map[string]any)
		if !is {
			s.mustBe("a mapping", value, at)
		}
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			if !s.compare(entries[key], t.Elem(), at.Key(key)) {
				delete(entries, key)
			}
		}
	default:
		s.compareScalar(value, t, at)
	}
	return true
}

func (s *shape) compareScalar(value any, t reflect.Type, at *field.Path) {
	switch t.Kind() {
	case reflect.String:
		if _, is := value.(string); !is {
			s.mustBe("a string", value, at)
		}
	case reflect.Bool:
		if _, is := value.(bool); !is {
			s.mustBe("true or false", value, at)
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		number, is := value.(json.Number)
		if _, err := strconv.ParseInt(number.String(), 10, t.Bits()); !is || err != nil {
			s.mustBe("an integer", value, at)
		}
	case reflect.Float64:
		if _, is := value.(json.Number); !is {
			s.mustBe("a number", value, at)
		}
	}
}

var unmarshalers = reflect.TypeFor[json.Unmarshaler]()

func (s *shape) readsItself(value any, t reflect.Type, at *field.Path) bool {
	raw, err := json.Marshal(value)
	if err != nil || json.Unmarshal(raw, reflect.New(t).Interface()) == nil {
		return true
	}
	what := "written in another form"
	if t == reflect.TypeFor[metav1.Duration]() {
		what = "a duration, such as 720h"
	}
	s.wrong, s.stops = append(s.wrong, worded(misshapen(at, "must be "+what))), true
	return false
}

func (s *shape) compareFields(value any, t reflect.Type, at *field.Path) {
	entries, is := value.(map[string]any)
	if !is {
		s.mustBe("a mapping", value, at)
		return
	}
	fields, names := fieldsOf(t)
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		if of, known := fields[key]; known {
			if !s.compare(entries[key], of, at.Child(key)) {
				delete(entries, key)
			}
			continue
		}
		called := "fields"
		if at == nil {
			called = s.called
		}
		list := cmp.Or(strings.Join(names, ", "), "none")
		if nearest := NearestName(key, names); nearest != "" {
			list += fmt.Sprintf("; did you mean %q?", nearest)
		}
		detail := fmt.Sprintf("unknown field %q; the %s are: %s", at.Child(key), called, list)
		s.unknown = append(s.unknown, worded(unknownField(at.Child(key), detail)))
	}
}

// fieldsOf are the fields of a struct by their names in JSON, those of what it embeds among them.
func fieldsOf(t reflect.Type) (types map[string]reflect.Type, names []string) {
	types = map[string]reflect.Type{}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && (name == "" || strings.Contains(options, "inline")) {
			inner, more := fieldsOf(f.Type)
			maps.Copy(types, inner)
			names = append(names, more...)
			continue
		}
		if name != "" && name != "-" {
			types[name], names = f.Type, append(names, name)
		}
	}
	return types, names
}

func (s *shape) mustBe(what string, value any, at *field.Path) {
	detail := "must be " + what
	switch v := value.(type) {
	case []any:
		detail += ", is a list"
	case map[string]any:
		detail += ", is a mapping"
	default:
		if what == "a string" {
			detail += fmt.Sprintf(": write %q with quotes", fmt.Sprint(v))
		} else {
			detail += fmt.Sprintf(", is %q", fmt.Sprint(v))
		}
	}
	s.wrong = append(s.wrong, worded(misshapen(at, detail)))
}

// misshapen is a mistake that says a place and what must be there, and nothing else.
func misshapen(at *field.Path, detail string) *field.Error {
	e := field.TypeInvalid(at, field.OmitValueType{}, detail).WithOrigin(ofShape)
	if at == nil {
		e.Field = ""
	}
	return e
}

// unknownField is a mistake that says of a field that its level has others.
func unknownField(at *field.Path, detail string) *field.Error {
	return field.Invalid(at, field.OmitValueType{}, detail).WithOrigin(ofUnknown)
}

const (
	ofShape   = "shape"
	ofUnknown = "unknown"
)

// wordedError is a mistake in the words that people are told, with its place for tools.
type wordedError struct {
	mistake *field.Error
	text    string
}

func (e *wordedError) Error() string { return e.text }

func (e *wordedError) Unwrap() error { return e.mistake }

// worded is a mistake as people are told of it.
func worded(m *field.Error) error {
	switch {
	case m.Origin == ofUnknown, m.Origin == ofShape && m.Field == "":
		return &wordedError{m, m.Detail}
	case m.Origin == ofShape:
		return &wordedError{m, m.Field + ": " + m.Detail}
	default:
		return m
	}
}
