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
type Plan struct {
	decode decode
	of     reflect.Type
	number int
	plans  *Plans
}

// Plans are the plans of types, each made when it is first asked for.
type Plans struct {
	mu      sync.Mutex
	planner planner
}

// NewPlans makes none yet.
func NewPlans(custom Custom) *Plans {
	p := &Plans{}
	p.planner = planner{custom: custom, plans: map[reflect.Type]*Plan{}, of: p}
	return p
}

// Of is the Plan of a type. What in it cannot be decoded here, such as an interface, fits nothing.
func (p *Plans) Of(t reflect.Type) *Plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.planner.plan(t)
}

// Decode makes a pointer to the type of a value. It is good until the Tape forgets its text.
func (p *Plan) Decode(from Value) (made any, ok bool) {
	t := from.tape
	t.memory = t.memoryOf(p.plans)
	into := t.memory.next(p.number, p.of)
	if !p.decode(t, from.at, into) {
		return nil, false
	}
	return into.Addr().Interface(), true
}

// Fits tells whether a value can be decoded.
func (p *Plan) Fits(from Value) bool {
	from.tape.hollow = true
	defer func() { from.tape.hollow = false }()
	_, ok := p.Decode(from)
	return ok
}

type planner struct {
	custom Custom
	plans  map[reflect.Type]*Plan
	of     *Plans
	last   int
}

// number is one of a type that a memory keeps values of.
func (p *planner) number() int {
	p.last++
	return p.last - 1
}

// plan is known before it is complete: types hold themselves.
func (p *planner) plan(t reflect.Type) *Plan {
	if known, found := p.plans[t]; found {
		return known
	}
	plan := &Plan{of: t, number: p.number(), plans: p.of}
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
		return pointerTo(p.plan(t.Elem()))
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return decodeBytes
		}
		return sliceOf(t, p.number(), p.plan(t.Elem()))
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
