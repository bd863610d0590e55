package guardrail

import (
	"errors"
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/printable"
)

// Compiler compiles what a cluster holds, object by object: a bad Guardrail is
// left out, and never takes the good ones down. It remembers what it has
// compiled, so that a change costs what has changed.
type Compiler struct {
	options    Options
	guardrails map[types.NamespacedName]remembered[*guardrail]
	exemptions map[types.NamespacedName]remembered[*exemption]
	rules      map[string]bool // that Exemptions could name
}

// remembered is what became of one generation of an object.
type remembered[T any] struct {
	uid        types.UID
	generation int64
	compiled   T
	err        error
	notices    []error
	setAside   []error
}

// Report says what became of each object.
type Report struct {
	Guardrails map[string]Outcome
	Exemptions map[types.NamespacedName]Outcome
}

// Outcome is what became of one object.
type Outcome struct {
	// Err lists every mistake; the object is in force when it is nil.
	Err error
	// Notices tell of what is in force for less than was meant: it was written for
	// an earlier version, and must be written anew.
	Notices []error
	// SetAside lists the mistakes of single entries of a Guardrail, which are not enforced while all its others are; of an
	// Exemption, those of names that are not known here.
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

// LastUsed is when an Exemption last let something through, as far as is known
// here; it is zero for one that never has.
func (o Outcome) LastUsed() time.Time { return o.used.time() }

// NewCompiler makes a Compiler that has compiled nothing yet.
func NewCompiler(options Options) *Compiler { return &Compiler{options: options} }

// Compile makes a Set of all objects that are without mistakes.
func (c *Compiler) Compile(objects Objects) (*Set, Report) {
	set := newSet(c.options)
	report := Report{Guardrails: map[string]Outcome{}, Exemptions: map[types.NamespacedName]Outcome{}}

	rules := ruleNames(objects.Guardrails)
	sameRules := maps.Equal(rules, c.rules)
	now := set.now()

	guardrails := map[types.NamespacedName]remembered[*guardrail]{}
	for i := range objects.Guardrails {
		in := &objects.Guardrails[i]
		key := types.NamespacedName{Name: in.Name}
		r, known := c.guardrails[key]
		if !known || r.uid != in.UID || r.generation != in.Generation {
			one := newCompiler(rules, now)
			one.stored = true
			r = remembered[*guardrail]{uid: in.UID, generation: in.Generation, compiled: one.guardrail(in)}
			r.err, r.notices, r.setAside = errors.Join(one.mistakes...), one.notices, one.leftOut()
		}
		guardrails[key] = r
		outcome := Outcome{Err: r.err, Generation: in.Generation}
		if r.err == nil {
			set.add(r.compiled)
			outcome.Validators, outcome.Mutators = len(r.compiled.validators), len(r.compiled.mutators)
			outcome.OnOwnKinds = OnOwnKinds(&in.Spec)
			outcome.Notices, outcome.SetAside = r.notices, r.setAside
		}
		report.Guardrails[in.Name] = outcome
	}

	exemptions := map[types.NamespacedName]remembered[*exemption]{}
	for i := range objects.Exemptions {
		in := &objects.Exemptions[i]
		key := types.NamespacedName{Namespace: in.Namespace, Name: in.Name}
		r, known := c.exemptions[key]
		if !known || r.uid != in.UID || r.generation != in.Generation || !sameRules {
			one := newCompiler(rules, now)
			one.stored = true
			former := r
			r = remembered[*exemption]{uid: in.UID, generation: in.Generation, compiled: one.exemption(in)}
			r.err, r.setAside = errors.Join(one.mistakes...), one.leftOut()
			if r.compiled != nil && former.compiled != nil && former.uid == in.UID {
				r.compiled.used = former.compiled.used
			}
		}
		exemptions[key] = r
		outcome := Outcome{Err: r.err, Generation: in.Generation}
		if r.err == nil {
			r.compiled.used.learn(in.Status.LastUsed)
			set.exemptions[in.Namespace] = append(set.exemptions[in.Namespace], r.compiled)
			outcome.Expires, outcome.used = r.compiled.expires, r.compiled.used
			outcome.SetAside = r.setAside
			if ineffective := set.ineffective(r.compiled); ineffective != nil {
				outcome.Err = ineffective // told, and in effect as soon as a Guardrail allows it
			}
		}
		report.Exemptions[key] = outcome
	}
	c.guardrails, c.exemptions, c.rules = guardrails, exemptions, rules
	set.sort()
	return set, report
}

// leftOut are the mistakes of what was set aside.
func (c *compiler) leftOut() []error {
	var mistakes []error
	for _, mistake := range c.aside {
		mistakes = append(mistakes, printable.Error(mistake))
	}
	return mistakes
}

// clock is the time, with a set or without one.
func (s *Set) clock() time.Time {
	if s == nil {
		return time.Now()
	}
	return s.now()
}

// Check lists every mistake in a Guardrail or an Exemption that somebody wants
// to write, as JSON, next to the guardrails in force: an Exemption may name
// their rules.
func (s *Set) Check(document []byte) []error {
	var objects Objects
	if err := objects.decode(document); err != nil {
		return flatten(err)
	}
	one := newCompiler(s.rules(), s.clock())
	for i := range objects.Guardrails {
		one.guardrail(&objects.Guardrails[i])
	}
	for i := range objects.Exemptions {
		e := one.exemption(&objects.Exemptions[i])
		if e == nil || s == nil {
			continue
		}
		if ineffective := s.ineffective(e); ineffective != nil {
			one.report("Exemption", e.namespace+"/"+e.name, field.ErrorList{ineffective})
		}
	}
	return one.mistakes
}
