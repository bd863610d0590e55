package tape

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// decode makes what a node says, and answers false where it does not fit, or may not. What it makes
// it in is zero before.
type decode func(t *Tape, at int, into reflect.Value) bool

// Custom decodes types of their own. A function is given a pointer to the type.
type Custom map[reflect.Type]func(from Value, into any) bool

// Plan is how a type is decoded, found out once.
type Plan struct{ decode decode }

// Plans are the plans of types, each made when it is first asked for.
type Plans struct {
	mu      sync.Mutex
	planner planner
}

// NewPlans makes none yet.
func NewPlans(custom Custom) *Plans {
	return &Plans{planner: planner{custom, map[reflect.Type]*Plan{}}}
}

// Of is the Plan of a type. What in it cannot be decoded here, such as an interface, fits nothing.
func (p *Plans) Of(t reflect.Type) *Plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.planner.plan(t)
}

// Decode decodes a value into what a pointer to the type points to, which is zero. Where it answers
// false, what is there now must not be used.
func (p *Plan) Decode(from Value, into any) bool {
	return p.decode(from.tape, from.at, reflect.ValueOf(into).Elem())
}

// Fits tells whether Decode would answer true. What it leaves in into has no strings.
func (p *Plan) Fits(from Value, into any) bool {
	from.tape.hollow = true
	defer func() { from.tape.hollow = false }()
	return p.Decode(from, into)
}

type planner struct {
	custom Custom
	plans  map[reflect.Type]*Plan
}

// plan is known before it is complete: types hold themselves.
func (p *planner) plan(t reflect.Type) *Plan {
	if known, found := p.plans[t]; found {
		return known
	}
	plan := new(Plan)
	p.plans[t] = plan
	plan.decode = p.decodeOf(t)
	return plan
}

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func (p *planner) decodeOf(t reflect.Type) decode {
	if own, found := p.custom[t]; found {
		return func(t *Tape, at int, into reflect.Value) bool { return own(Value{t, at}, into.Addr().Interface()) }
	}
	pointer := reflect.PointerTo(t)
	switch {
	case pointer.Implements(jsonUnmarshaler):
		return decodeByMethod
	case pointer.Implements(textUnmarshaler):
		return fitsNothing
	}
	if special, found := specials[t]; found {
		return special
	}
	switch t.Kind() {
	case reflect.String:
		return decodeString
	case reflect.Bool:
		return decodeBool
	case reflect.Int, reflect.Int32, reflect.Int64:
		return decodeInt
	case reflect.Pointer:
		return pointerTo(t.Elem(), p.plan(t.Elem()))
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return decodeBytes
		}
		return sliceOf(t, p.plan(t.Elem()))
	case reflect.Map:
		if t.Key().Kind() != reflect.String || reflect.PointerTo(t.Key()).Implements(textUnmarshaler) {
			return fitsNothing
		}
		return mapOf(t, p.plan(t.Elem()))
	case reflect.Struct:
		return p.structOf(t)
	default:
		return fitsNothing
	}
}

// structOf is that of a struct. One with a tag that is not understood fits nothing.
func (p *planner) structOf(t reflect.Type) decode {
	var fields []field
	if !p.fields(t, nil, &fields) || repeatedName(fields) {
		return fitsNothing
	}
	return (&members{fields}).decode
}

// fields collects the fields of a struct and of those that are embedded in it.
func (p *planner) fields(t reflect.Type, above []int, all *[]field) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("json")
		if !f.IsExported() || tag == "-" {
			if f.Anonymous {
				return false
			}
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		for option := range strings.SplitSeq(options, ",") {
			if option != "" && option != "omitempty" && option != "omitzero" && option != "inline" {
				return false
			}
		}
		index := append(slices.Clip(above), i)
		switch {
		case name == "" && (f.Anonymous || strings.Contains(options, "inline")):
			if f.Type.Kind() != reflect.Struct || !p.fields(f.Type, index, all) {
				return false
			}
			continue
		case name == "" || !tagged || strings.ContainsAny(name, `'"\`):
			return false
		}
		*all = append(*all, field{name: name, index: index, plan: p.plan(f.Type)})
	}
	return true
}

func repeatedName(fields []field) bool {
	names := map[string]bool{}
	for _, f := range fields {
		if names[f.name] {
			return true
		}
		names[f.name] = true
	}
	return false
}
