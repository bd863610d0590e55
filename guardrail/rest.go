package guardrail

import "taffrail.dev/taffrail/api/v1alpha1"

// maxKept bounds the findings of an action that are kept of a review, and those
// that an Exemption lets through. An object of 3 MiB may break every check in a
// thousand places; nobody reads more than an answer can hold, which is 100 causes.
const maxKept = 200

// keptOfEach are the findings of each check that are kept in any case: one that finds hundreds must
// not hide the others.
const keptOfEach = 3

// Rest is how many more findings there are, which are counted and not kept.
type Rest struct {
	Guardrail, Validator string
	// Action is empty for those that an Exemption lets through.
	Action v1alpha1.Action
	Count  int
}

// keep tells whether a finding is kept, and counts it.
func (d *Decision) keep(f *Finding) bool {
	action := f.Action
	if f.Exemption != "" {
		action = ""
	}
	kept := d.keptOf(action)
	d.ofCheck++
	if d.all || *kept < maxKept || d.ofCheck <= keptOfEach {
		*kept++
		return true
	}
	for i := range d.Rest {
		if r := &d.Rest[i]; r.Guardrail == f.Guardrail && r.Validator == f.Validator && r.Action == action {
			r.Count++
			return false
		}
	}
	d.Rest = append(d.Rest, Rest{Guardrail: f.Guardrail, Validator: f.Validator, Action: action, Count: 1})
	return false
}

func (d *Decision) keptOf(action v1alpha1.Action) *int {
	switch action {
	case v1alpha1.Deny:
		return &d.kept.denied
	case v1alpha1.Warn:
		return &d.kept.warned
	case v1alpha1.Audit:
		return &d.kept.audited
	default:
		return &d.kept.exempted
	}
}

// RestOf is how many findings of an action were not kept. The empty action is that
// of those that an Exemption lets through.
func (d *Decision) RestOf(action v1alpha1.Action) (n int) {
	for _, r := range d.Rest {
		if r.Action == action {
			n += r.Count
		}
	}
	return n
}
