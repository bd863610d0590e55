package plan

import (
	"reflect"
	"slices"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// verdict is what a set says of an object.
type verdict struct {
	findings []report.Result
	applied  []guardrail.Applied
	patch    []workload.Operation
}

// difference is one between two verdicts.
type difference struct {
	what     What
	findings []Finding
	applied  []guardrail.Applied
	// patch is what is newly done, and oldPatch what no longer.
	patch, oldPatch []workload.Operation
}

// compare tells in what two verdicts on an object differ. An object is refused or passes, so a
// finding more of what is refused anyway refuses nothing; all else is there finding by finding.
func compare(was, is *verdict) (all []difference) {
	add := func(what What, findings []Finding) {
		if len(findings) > 0 {
			all = append(all, difference{what: what, findings: findings})
		}
	}
	found := pair(was.findings, is.findings)
	switch before, after := was.denied(), is.denied(); {
	case after && !before:
		add(NewlyRefused, having(found, func(f *Finding) bool { return f.New == v1alpha1.Deny }))
	case before && !after:
		add(NoLongerRefused, having(found, func(f *Finding) bool { return f.Old == v1alpha1.Deny }))
	default:
		add(RefusedOtherwise, having(found, func(f *Finding) bool { return (f.New == v1alpha1.Deny) != (f.Old == v1alpha1.Deny) }))
	}
	add(NewlyWarned, having(found, func(f *Finding) bool {
		return f.New == v1alpha1.Warn && f.Old != v1alpha1.Warn && f.Old != v1alpha1.Deny
	}))
	add(NoLongerWarned, having(found, func(f *Finding) bool {
		return f.Old == v1alpha1.Warn && f.New != v1alpha1.Warn && f.New != v1alpha1.Deny
	}))
	add(NewlyAudited, having(found, func(f *Finding) bool { return f.Old == "" && f.New == v1alpha1.Audit }))
	add(NoLongerAudited, having(found, func(f *Finding) bool { return f.Old == v1alpha1.Audit && f.New == "" }))
	return append(all, completed(was, is)...)
}

func (v *verdict) denied() bool {
	for i := range v.findings {
		if v.findings[i].Action == v1alpha1.Deny {
			return true
		}
	}
	return false
}

func completed(was, is *verdict) []difference {
	patch, oldPatch := without(is.patch, was.patch), without(was.patch, is.patch)
	switch {
	case len(patch)+len(oldPatch) == 0:
		return nil
	case len(is.patch) == 0:
		return []difference{{what: NoLongerDefaulted, applied: was.applied, oldPatch: oldPatch}}
	case len(was.patch) == 0:
		return []difference{{what: NewlyDefaulted, applied: is.applied, patch: patch}}
	default:
		return []difference{{what: DefaultedOtherwise, applied: is.applied, patch: patch, oldPatch: oldPatch}}
	}
}

// without are the operations of a patch that another does not have.
func without(patch, other []workload.Operation) (rest []workload.Operation) {
	for i := range patch {
		if !slices.ContainsFunc(other, func(o workload.Operation) bool { return reflect.DeepEqual(o, patch[i]) }) {
			rest = append(rest, patch[i])
		}
	}
	return rest
}

// same is what makes a finding of one set that of another: neither the guardrail that asks for the
// check nor what follows from it.
type same struct {
	validator, control, path, cause string
	rule                            bool
}

func sameness(f *report.Result) same {
	cause := f.Cause
	if cause == "" {
		cause = f.Message
	}
	return same{f.Validator, f.Control, f.Path, cause, f.Rule}
}

// pair puts the findings of both together, in the order of the new ones and then of the old ones.
func pair(was, is []report.Result) (all []*Finding) {
	at := map[same]*Finding{}
	put := func(f *report.Result) *Finding {
		key := sameness(f)
		if at[key] == nil {
			at[key] = &Finding{Result: *f}
			all = append(all, at[key])
		}
		return at[key]
	}
	for i := range is {
		f := put(&is[i])
		f.New = gravest(f.New, is[i].Action)
	}
	for i := range was {
		f := put(&was[i])
		f.Old = gravest(f.Old, was[i].Action)
	}
	for _, f := range all {
		if f.Action = f.New; f.New == "" {
			f.Action = f.Old
		}
	}
	return all
}

func having(found []*Finding, differs func(*Finding) bool) (some []Finding) {
	for _, f := range found {
		if differs(f) {
			some = append(some, *f)
		}
	}
	return some
}

// gravest is what follows where several guardrails find the same.
func gravest(a, b v1alpha1.Action) v1alpha1.Action {
	for _, action := range []v1alpha1.Action{v1alpha1.Deny, v1alpha1.Warn, v1alpha1.Audit} {
		if a == action || b == action {
			return action
		}
	}
	return ""
}
