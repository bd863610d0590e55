package builtin

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"taffrail.dev/taffrail/guardrail"
)

// Fields compares documents with the types of Kubernetes. It is made once for many.
type Fields struct {
	of map[reflect.Type]map[string]reflect.Type
}

// NewFields makes one that has seen nothing yet.
func NewFields() *Fields { return &Fields{of: map[reflect.Type]map[string]reflect.Type{}} }

// Check finds the fields of a document that its kind does not have, and values that are of another
// type than their field. The latter it takes out, so that the rest can be evaluated: cut says that
// there were some. Of kinds whose types are not known nothing is said.
func (f *Fields) Check(gvk schema.GroupVersionKind, document map[string]any) (mistakes []Mistake, cut bool) {
	object, err := types().New(gvk)
	if err != nil {
		return nil, false
	}
	w := &walk{fields: f, secret: gvk.Group == "" && gvk.Kind == "Secret"}
	w.members(reflect.TypeOf(object).Elem(), document, place{})
	return w.mistakes, w.cut
}

// place is where a value lies, in both ways of writing it.
type place struct{ pointer, path string }

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

func (p place) field(name string) place {
	path := p.path + "." + name
	return place{p.pointer + "/" + pointerEscaper.Replace(name), strings.TrimPrefix(path, ".")}
}

func (p place) key(name string) place {
	return place{p.pointer + "/" + pointerEscaper.Replace(name), p.path + "[" + name + "]"}
}

func (p place) item(i int) place {
	index := strconv.Itoa(i)
	return place{p.pointer + "/" + index, p.path + "[" + index + "]"}
}

// walk is one document on its way.
type walk struct {
	fields   *Fields
	mistakes []Mistake
	cut      bool
	// secret says that what lies in data and stringData is not to be repeated.
	secret bool
}

func (w *walk) found(at place, format string, args ...any) {
	w.mistakes = append(w.mistakes, Mistake{Pointer: at.pointer, Path: at.path, Text: fmt.Sprintf(format, args...)})
}

// wrong finds a value of another type than its field has. It is false, for whoever holds the value
// to take it out.
func (w *walk) wrong(at place, must string, value any) bool {
	w.cut = true
	if w.secret && (strings.HasPrefix(at.pointer, "/data/") || strings.HasPrefix(at.pointer, "/stringData/")) {
		w.found(at, "Invalid value: must be %s", must)
		return false
	}
	w.found(at, "Invalid value: %s: must be %s", shown(value), must)
	return false
}

// value tells whether a value is of a type. What lies in it and is not has been taken out.
func (w *walk) value(t reflect.Type, value any, at place) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case value == nil: // to the API server it is not there
		return true
	case reflect.PointerTo(t).Implements(unmarshaler):
		return w.own(t, value, at)
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		object, is := value.(map[string]any)
		if !is {
			return w.wrong(at, "a mapping", value)
		}
		w.members(t, object, at)
		return true
	case reflect.Slice:
		return w.list(t, value, at)
	default:
		return w.scalar(t, value, at)
	}
}

// members goes through a mapping: the fields of a struct, or the entries of a map.
func (w *walk) members(t reflect.Type, object map[string]any, at place) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		below := at.field(name)
		var of reflect.Type
		if t.Kind() == reflect.Map {
			of, below = t.Elem(), at.key(name)
		} else if of = w.fields.in(t)[name]; of == nil {
			w.unknown(t, name, below)
			continue
		}
		if !w.value(of, object[name], below) {
			delete(object, name)
		}
	}
}

func (w *walk) unknown(t reflect.Type, name string, at place) {
	or := ": kubectl refuses it, other clients lose it"
	if nearest := guardrail.NearestName(name, slices.Sorted(maps.Keys(w.fields.in(t)))); nearest != "" {
		or = fmt.Sprintf("; did you mean %q?", nearest)
	}
	w.found(at, "Unsupported value: %q: must be a known field%s", name, or)
	w.mistakes[len(w.mistakes)-1].Name = name
}

func (w *walk) list(t reflect.Type, value any, at place) bool {
	if t.Elem().Kind() == reflect.Uint8 {
		text, is := value.(string)
		if _, err := base64.StdEncoding.DecodeString(text); !is || err != nil {
			return w.wrong(at, "a string in base64", value)
		}
		return true
	}
	list, is := value.([]any)
	if !is {
		return w.wrong(at, "a list", value)
	}
	for i := range list {
		if !w.value(t.Elem(), list[i], at.item(i)) {
			list[i] = nil // the others keep their places
		}
	}
	return true
}

func (w *walk) scalar(t reflect.Type, value any, at place) bool {
	switch t.Kind() {
	case reflect.String:
		if _, is := value.(string); !is {
			return w.wrong(at, "a string"+quoted(value), value)
		}
	case reflect.Bool:
		if _, is := value.(bool); !is {
			return w.wrong(at, "true or false, without quotes", value)
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		n, is := value.(int64)
		if !is {
			return w.wrong(at, "an integer", value)
		}
		if t.Kind() == reflect.Int32 && (n > math.MaxInt32 || n < math.MinInt32) {
			return w.wrong(at, "a smaller number", value)
		}
	case reflect.Float64:
		switch value.(type) {
		case int64, float64:
		default:
			return w.wrong(at, "a number", value)
		}
	}
	return true
}

// quoted is what to do about a scalar that YAML takes for no string.
func quoted(value any) string {
	switch value.(type) {
	case map[string]any, []any:
		return ""
	}
	return ": put it in quotes"
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// own asks the types that read themselves, such as quantities.
func (w *walk) own(t reflect.Type, value any, at place) bool {
	raw, err := json.Marshal(value)
	if err != nil {
		return true
	}
	if err := json.Unmarshal(raw, reflect.New(t).Interface()); err == nil {
		return true
	}
	switch t {
	case reflect.TypeFor[resource.Quantity]():
		return w.wrong(at, "a quantity, such as 500m or 1Gi", value)
	case reflect.TypeFor[intstr.IntOrString]():
		return w.wrong(at, "an integer or a string", value)
	case reflect.TypeFor[metav1.Time](), reflect.TypeFor[metav1.MicroTime]():
		return w.wrong(at, "a time, such as 2027-01-15T12:00:00Z", value)
	case reflect.TypeFor[metav1.Duration]():
		return w.wrong(at, "a duration, such as 30s", value)
	default:
		return w.wrong(at, "what the field takes", value)
	}
}

// in are the fields of a struct, with those of the structs that it embeds.
func (f *Fields) in(t reflect.Type) map[string]reflect.Type {
	if known := f.of[t]; known != nil {
		return known
	}
	all := map[string]reflect.Type{}
	f.of[t] = all
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case !field.IsExported() || name == "-":
		case field.Anonymous && name == "":
			maps.Copy(all, f.in(field.Type))
		case name != "":
			all[name] = field.Type
		}
	}
	return all
}

// maxShown bounds what a message repeats of a value, in bytes.
const maxShown = 80

func shown(value any) string {
	raw, err := json.Marshal(value)
	switch {
	case err == nil && len(raw) <= maxShown:
		return string(raw)
	case reflect.TypeOf(value).Kind() == reflect.Slice:
		return "a list"
	case reflect.TypeOf(value).Kind() == reflect.Map:
		return "a mapping"
	default:
		return "a long text"
	}
}
