package guardrail

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/printable"
)

// Compile makes a Set of what files hold, all of it or nothing: the error lists every mistake in
// every object.
func Compile(objects Objects, options Options) (*Set, error) {
	c := Compiler{options: options}
	set, report := c.Compile(objects)
	if err := report.Err(); err != nil {
		return nil, err
	}
	return set, nil
}

// Compiler compiles objects one by one: a bad one is left out, and never takes the good ones down.
// It remembers what it has compiled, so that a change costs what has changed.
type Compiler struct {
	options    Options
	stored     bool // the objects are a cluster's already
	guardrails map[types.NamespacedName]remembered[*guardrail]
	exemptions map[types.NamespacedName]remembered[*exemption]
	rules      map[string]bool // that Exemptions could name
}

// remembered is what became of one generation of an object.
type remembered[T any] struct {
	uid        types.UID
	generation int64
	compiled   T
	result     result
}

// Report says what became of each object.
type Report struct {
	Guardrails map[string]Outcome
	Exemptions map[types.NamespacedName]Outcome

	mistakes []error // in the order of the objects
}

// Err lists every mistake in every object, in their order, or is nil.
func (r *Report) Err() error { return errors.Join(r.mistakes...) }

// Outcome is what became of one object.
type Outcome struct {
	// Err lists every mistake; the object is in force when it is nil.
	Err error
	// Notices tell of what is in force for less than was meant: it was written for an earlier
	// version, and must be written anew.
	Notices []error
	// SetAside lists the mistakes of single entries of a Guardrail, which are not enforced while
	// all its others are; of an Exemption, those of names that are not known here.
	SetAside []error
	// Generation is the generation of the object that it became of.
	Generation int64
	// Validators and Mutators are how many of a Guardrail are in force.
	Validators, Mutators int
	// OnOwnKinds are the rules of a Guardrail that are not enforced while no replica answers.
	OnOwnKinds []string
	// Expires is when an Exemption expires.
	Expires time.Time

	used *lastUse
}

// LastUsed is when an Exemption last let something through, as far as is known here; it is zero for
// one that never has.
func (o Outcome) LastUsed() time.Time { return o.used.time() }

// NewCompiler makes a Compiler of what a cluster holds. An entry that cannot be enforced is set
// aside there, and takes nothing else of its object out of force.
func NewCompiler(options Options) *Compiler { return &Compiler{options: options, stored: true} }

// Compile makes a Set of all objects that are without mistakes.
func (c *Compiler) Compile(objects Objects) (*Set, Report) {
	set := newSet(c.options)
	report := Report{Guardrails: map[string]Outcome{}, Exemptions: map[types.NamespacedName]Outcome{}}
	b := builder{rules: ruleNames(objects.Guardrails), now: set.now(), stored: c.stored}

	guardrails := map[types.NamespacedName]remembered[*guardrail]{}
	for i := range objects.Guardrails {
		in := &objects.Guardrails[i]
		key := types.NamespacedName{Name: in.Name}
		if _, twice := guardrails[key]; twice { // in files: a cluster has one of a name
			at := field.NewPath("metadata", "name")
			report.mistakes = append(report.mistakes, refusal("Guardrail", in.Name, field.Duplicate(at, in.Name)))
		}
		r, known := c.guardrails[key]
		if !known || r.uid != in.UID || r.generation != in.Generation {
			g, p := b.guardrail(in)
			r = remembered[*guardrail]{uid: in.UID, generation: in.Generation, compiled: g, result: p.result("Guardrail", in.Name)}
		}
		guardrails[key] = r
		outcome := r.result.outcome(in.Generation)
		if outcome.Err == nil {
			set.add(r.compiled)
			outcome.Validators, outcome.Mutators = len(r.compiled.validators), len(r.compiled.mutators)
			outcome.OnOwnKinds = OnOwnKinds(&in.Spec)
		}
		report.Guardrails[in.Name] = outcome
		report.mistakes = append(report.mistakes, r.result.mistakes...)
	}

	sameRules := maps.Equal(b.rules, c.rules)
	exemptions := map[types.NamespacedName]remembered[*exemption]{}
	for i := range objects.Exemptions {
		in := &objects.Exemptions[i]
		key := types.NamespacedName{Namespace: in.Namespace, Name: in.Name}
		r, known := c.exemptions[key]
		if !known || r.uid != in.UID || r.generation != in.Generation || !sameRules {
			before := r
			e, p := b.exemption(in)
			r = remembered[*exemption]{uid: in.UID, generation: in.Generation, compiled: e, result: p.result("Exemption", key.String())}
			if e != nil && before.compiled != nil && before.uid == in.UID {
				e.used = before.compiled.used
			}
		}
		exemptions[key] = r
		outcome := r.result.outcome(in.Generation)
		if outcome.Err == nil {
			e := r.compiled
			e.used.learn(in.Status.LastUsed)
			set.exemptions[in.Namespace] = append(set.exemptions[in.Namespace], e)
			outcome.Expires, outcome.used = e.expires, e.used
			if ineffective := set.ineffective(e); ineffective != nil {
				outcome.Err = ineffective // told, and in effect as soon as a Guardrail allows it
			}
		}
		report.Exemptions[key] = outcome
		report.mistakes = append(report.mistakes, r.result.mistakes...)
	}
	c.guardrails, c.exemptions, c.rules = guardrails, exemptions, b.rules
	set.sort()
	return set, report
}

// Check lists every mistake in a Guardrail or an Exemption that somebody wants to write, as JSON,
// next to the guardrails in force: an Exemption may name their rules.
func (s *Set) Check(document []byte) []error {
	var objects Objects
	if err := objects.decode(document); err != nil {
		return flatten(err)
	}
	var all []error
	b := builder{rules: s.rules(), now: s.clock()}
	for i := range objects.Guardrails {
		in := &objects.Guardrails[i]
		_, p := b.guardrail(in)
		all = append(all, p.result("Guardrail", in.Name).mistakes...)
	}
	for i := range objects.Exemptions {
		in := &objects.Exemptions[i]
		e, p := b.exemption(in)
		if e != nil && s != nil {
			if ineffective := s.ineffective(e); ineffective != nil {
				p.mistakes = append(p.mistakes, ineffective)
			}
		}
		all = append(all, p.result("Exemption", in.Namespace+"/"+in.Name).mistakes...)
	}
	return all
}

// clock is the time, with a set or without one.
func (s *Set) clock() time.Time {
	if s == nil {
		return time.Now()
	}
	return s.now()
}

// problems are what is wrong with one object, as it was found.
type problems struct {
	mistakes field.ErrorList
	// aside are those of single entries, which take nothing else of a stored object out of force.
	aside field.ErrorList
	// stored says that a cluster holds the object already: what earlier versions took for no
	// mistake does not put it out of force.
	stored bool
}

// setAside leaves out an entry of a stored object that cannot be enforced. It may be one that a
// newer version has written: all else must stay in force while versions change, or an upgrade would
// be a hole.
func (p *problems) setAside(wrong field.ErrorList) bool {
	if !p.stored || !slices.ContainsFunc(wrong, func(m *field.Error) bool { return !params.IsFormer(m) }) {
		return false
	}
	p.aside = append(p.aside, wrong...)
	return true
}

// refuses tells whether the object must be left out.
func (p *problems) refuses() bool {
	return slices.ContainsFunc(p.mistakes, func(m *field.Error) bool { return !p.stored || !params.IsFormer(m) })
}

// result is what people are told of problems.
type result struct{ mistakes, notices, setAside []error }

func (p *problems) result(kind, name string) (r result) {
	for _, m := range p.mistakes {
		if p.stored && params.IsFormer(m) {
			r.notices = append(r.notices, printable.Error(fmt.Errorf("%w: counts for what is written there alone", m)))
			continue
		}
		r.mistakes = append(r.mistakes, refusal(kind, name, m))
	}
	for _, m := range p.aside {
		if len(r.mistakes) > 0 {
			r.mistakes = append(r.mistakes, refusal(kind, name, m))
			continue
		}
		r.setAside = append(r.setAside, printable.Error(m))
	}
	return r
}

func refusal(kind, name string, mistake *field.Error) error {
	return printable.Error(fmt.Errorf("%s %q: %w", kind, name, mistake))
}

func (r *result) outcome(generation int64) Outcome {
	if len(r.mistakes) > 0 {
		return Outcome{Err: errors.Join(r.mistakes...), Generation: generation}
	}
	return Outcome{Notices: r.notices, SetAside: r.setAside, Generation: generation}
}
