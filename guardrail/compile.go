package guardrail

import (
	"errors"
	"maps"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// Compile makes a Set of what files hold, all of it or nothing: the error lists every mistake in
// every object.
func Compile(objects Objects, options Options) (*Set, error) {
	c := Compiler{options: options}
	set, report := c.Compile(objects)
	if err := objects.placed(report.mistakes); err != nil {
		return nil, err
	}
	set.place = objects.Place
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

func remember[T any](meta *metav1.ObjectMeta, compiled T, result result) remembered[T] {
	return remembered[T]{uid: meta.UID, generation: meta.Generation, compiled: compiled, result: result}
}

// isOf tells whether that generation is the one of an object.
func (r *remembered[T]) isOf(meta *metav1.ObjectMeta) bool {
	return r.uid == meta.UID && r.generation == meta.Generation
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
	// Validators and Mutators are how many of a Guardrail are in force, with its rules and mutations.
	Validators, Mutators int
	// OnOwnKinds are the rules of a Guardrail that are not enforced while no replica answers.
	OnOwnKinds []string
	// OverSet are the checks of a Guardrail over all objects together, which no webhook makes. They
	// are not among its Validators.
	OverSet []string
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
	c.compileGuardrails(objects.Guardrails, &b, set, &report)
	c.compileExemptions(objects.Exemptions, &b, set, &report)
	set.addKits(objects.Kits, &report)
	set.addKits(c.options.Kits, &Report{})
	set.sort()
	return set, report
}

func (c *Compiler) compileGuardrails(list []v1alpha1.Guardrail, b *builder, set *Set, report *Report) {
	compiled := map[types.NamespacedName]remembered[*guardrail]{}
	for i := range list {
		in := &list[i]
		key := types.NamespacedName{Name: in.Name}
		if _, twice := compiled[key]; twice { // in files: a cluster has one of a name
			at := field.NewPath("metadata", "name")
			report.mistakes = append(report.mistakes, refusal("Guardrail", in.Name, field.Duplicate(at, in.Name)))
		}
		r, known := c.guardrails[key]
		if !known || !r.isOf(&in.ObjectMeta) {
			g, p := b.guardrail(in)
			r = remember(&in.ObjectMeta, g, p.result("Guardrail", in.Name))
		}
		compiled[key] = r
		outcome := r.result.outcome(in.Generation)
		if outcome.Err == nil {
			set.add(r.compiled)
			outcome.Validators = len(r.compiled.validators)
			outcome.Mutators = len(r.compiled.mutators) + len(r.compiled.mutations)
			outcome.OnOwnKinds, outcome.OverSet = OnOwnKinds(&in.Spec), OverSet(&in.Spec)
			outcome.Validators -= len(outcome.OverSet)
		}
		report.Guardrails[in.Name] = outcome
		report.mistakes = append(report.mistakes, r.result.mistakes...)
	}
	c.guardrails = compiled
}

func (c *Compiler) compileExemptions(list []v1alpha1.Exemption, b *builder, set *Set, report *Report) {
	sameRules := maps.Equal(b.rules, c.rules)
	compiled := map[types.NamespacedName]remembered[*exemption]{}
	for i := range list {
		in := &list[i]
		key := types.NamespacedName{Namespace: in.Namespace, Name: in.Name}
		r, known := c.exemptions[key]
		if !known || !r.isOf(&in.ObjectMeta) || !sameRules {
			before := r
			e, p := b.exemption(in)
			r = remember(&in.ObjectMeta, e, p.result("Exemption", key.String()))
			if e != nil && before.compiled != nil && before.uid == in.UID {
				e.used = before.compiled.used
			}
		}
		compiled[key] = r
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
	c.exemptions, c.rules = compiled, b.rules
}

// Check lists every mistake in a Guardrail, an Exemption or a NamespaceKit that somebody wants to
// write, as JSON, next to the guardrails in force: an Exemption may name their rules.
func (s *Set) Check(document []byte) []error {
	var objects Objects
	var all []error
	if err := objects.decode(document); err != nil {
		all = flatten(err)
	}
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
	for i := range objects.Kits {
		_, wrong := compileKit(&objects.Kits[i])
		all = append(all, wrong...)
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
