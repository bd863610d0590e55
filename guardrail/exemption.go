package guardrail

import (
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// exemption is an Exemption, compiled.
type exemption struct {
	namespace, name string
	validators      []string
	guardrails      []string
	selector        labels.Selector
	narrow          narrow
	created         time.Time
	expires         time.Time
	expiresText     string
	used            *lastUse
}

func (b *builder) exemption(in *v1alpha1.Exemption) (*exemption, problems) {
	p := problems{stored: b.stored}
	spec := field.NewPath("spec")
	require := func(at *field.Path, value string) {
		if strings.TrimSpace(value) == "" {
			p.mistakes = append(p.mistakes, field.Required(at, "must be set"))
		}
	}
	require(field.NewPath("metadata", "name"), in.Name)
	require(field.NewPath("metadata", "namespace"), in.Namespace)
	require(spec.Child("reason"), in.Spec.Reason)
	require(spec.Child("owner"), in.Spec.Owner)
	expires, err := ParseDate(in.Spec.Expires)
	if err != nil {
		p.mistakes = append(p.mistakes, field.Invalid(spec.Child("expires"), in.Spec.Expires, err.Error()))
	}
	if len(in.Spec.Validators) == 0 {
		p.mistakes = append(p.mistakes, field.Required(spec.Child("validators"), "must name what is exempt"))
	}
	known := 0
	for i, name := range in.Spec.Validators {
		mistake := b.exemptible(spec.Child("validators").Index(i), name)
		switch {
		case mistake == nil:
			known++
		case !p.setAside(field.ErrorList{mistake}):
			p.mistakes = append(p.mistakes, mistake)
		}
	}
	if known == 0 {
		p.mistakes, p.aside = append(p.mistakes, p.aside...), nil
	}
	selector, wrong := compileSelector(in.Spec.Selector, spec.Child("selector"))
	p.mistakes = append(p.mistakes, wrong...)
	narrow, wrong := b.narrow(&in.Spec, spec)
	p.mistakes = append(p.mistakes, wrong...)
	if p.refuses() {
		return nil, p
	}
	created := in.CreationTimestamp.Time
	if created.IsZero() { // it comes from a file
		created = b.now
	}
	return &exemption{
		namespace: in.Namespace, name: printable.Text(in.Name),
		validators: in.Spec.Validators, guardrails: in.Spec.Guardrails,
		selector: selector, narrow: narrow, created: created, expires: expires, expiresText: in.Spec.Expires,
		used: new(lastUse),
	}, p
}

// exemptible says what is wrong with a name in an Exemption: a rule, a check, or
// a check and one of its controls.
func (b *builder) exemptible(at *field.Path, name string) *field.Error {
	check, control, narrow := strings.Cut(name, "/")
	v, known := validators.Find(check)
	switch {
	case b.rules[name]:
		return nil
	case !known:
		return mustBe("a name of the catalogue or of a rule", at, name,
			slices.AppendSeq(validators.Names(), maps.Keys(b.rules)))
	case narrow && !slices.Contains(v.Controls, control):
		return field.Invalid(at, name, "must name a control of "+check+"; `taffrail explain "+check+"` lists them")
	default:
		return nil
	}
}

// exempt finds the Exemption that a finding falls under, or nil.
func (e *evaluation) exempt(g *guardrail, v *validator, f *validators.Finding) *exemption {
	for _, x := range e.set.exemptions[e.review.Namespace] {
		if x.covers(v.name, f) && (len(x.guardrails) == 0 || slices.Contains(x.guardrails, g.name)) &&
			g.exemptions.allows(x) &&
			(x.selector == nil || x.selector.Matches(workloadLabels(e.review))) && e.set.now().Before(x.expires) &&
			e.reaches(x, f) {
			return x
		}
	}
	return nil
}

// letThrough says that a finding is exempt, and until when if that is soon.
func (e *exemption) letThrough(f *Finding, now time.Time, dryRun bool) {
	f.Exemption = e.name
	if !now.Before(e.expires.Add(-expiringSoon)) {
		f.ExemptUntil = e.expiresText
	}
	if !dryRun { // it leaves no trace
		e.used.at(now)
	}
}

func (e *exemption) covers(validator string, f *validators.Finding) bool {
	for _, name := range e.validators {
		name, control, narrow := strings.Cut(name, "/")
		if name == validator && (!narrow || control == f.Control || control == f.Overrides) {
			return true
		}
	}
	return false
}

// workloadLabels are the labels of the Pod, so that a Deployment and its Pods
// fall under the same Exemptions.
func workloadLabels(r *workload.Review) labels.Labels {
	if r.Pod != nil {
		return r.PodLabels()
	}
	if meta := r.Meta(); meta != nil {
		return labels.Set(meta.GetLabels())
	}
	return labels.Set(nil)
}
