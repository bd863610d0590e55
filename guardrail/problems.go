package guardrail

import (
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/printable"
)

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
			r.notices = append(r.notices, printable.Error(fmt.Errorf("%w: %s", worded(m), params.Effect(m))))
			continue
		}
		r.mistakes = append(r.mistakes, refusal(kind, name, m))
	}
	for _, m := range p.aside {
		if len(r.mistakes) > 0 {
			r.mistakes = append(r.mistakes, refusal(kind, name, m))
			continue
		}
		r.setAside = append(r.setAside, printable.Error(worded(m)))
	}
	return r
}

func refusal(kind, name string, mistake *field.Error) error {
	return &Mistake{Kind: kind, Name: name, err: worded(mistake)}
}

// Mistake is what is wrong in an object.
type Mistake struct {
	// Kind is Guardrail or Exemption, and Name that of the object, behind its namespace.
	Kind, Name string
	err        error
}

func (m *Mistake) Error() string {
	return printable.Text(fmt.Sprintf("%s %q: %v", m.Kind, m.Name, m.err))
}

// Text is the mistake without the kind and the name of the object.
func (m *Mistake) Text() string { return printable.Text(m.err.Error()) }

func (m *Mistake) Unwrap() error { return m.err }

// placed are mistakes with the places where they were written.
func (o *Objects) placed(mistakes []error) error {
	if o.Place == nil {
		return errors.Join(mistakes...)
	}
	placed := make([]error, len(mistakes))
	for i, err := range mistakes {
		placed[i] = err
		if m, is := errors.AsType[*Mistake](err); is && o.Place(m) != "" {
			placed[i] = fmt.Errorf("%s: %w", printable.Text(o.Place(m)), err)
		}
	}
	return errors.Join(placed...)
}

func (r *result) outcome(generation int64) Outcome {
	if len(r.mistakes) > 0 {
		return Outcome{Err: errors.Join(r.mistakes...), Generation: generation}
	}
	return Outcome{Notices: r.notices, SetAside: r.setAside, Generation: generation}
}
