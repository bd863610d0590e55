package page

import (
	"cmp"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/audit"
)

// tally counts findings by what follows from them.
type tally struct{ denied, warned, audited int }

func (t *tally) add(r *audit.Result) {
	switch r.Action {
	case v1alpha1.Deny:
		t.denied++
	case v1alpha1.Audit:
		t.audited++
	default:
		t.warned++
	}
}

func (t tally) total() int { return t.denied + t.warned + t.audited }

// worstFirst orders what has more to be refused before what has less.
func worstFirst(a, b tally) int {
	return cmp.Or(cmp.Compare(b.denied, a.denied), cmp.Compare(b.warned, a.warned), cmp.Compare(b.audited, a.audited))
}

// consequence is what follows from a finding, as the page names it.
type consequence struct {
	action v1alpha1.Action
	// class is that of the style sheet, of which each has a color.
	class string
	// label heads a column, sentence heads a number.
	label, sentence string
	count           func(tally) int
}

var consequences = []consequence{
	{v1alpha1.Deny, "deny", "Refused", "would be refused", func(t tally) int { return t.denied }},
	{v1alpha1.Warn, "warn", "Warned", "would be warned about", func(t tally) int { return t.warned }},
	{v1alpha1.Audit, "audit", "Audited", "would be audited", func(t tally) int { return t.audited }},
}

func consequenceOf(action v1alpha1.Action) consequence {
	for _, c := range consequences {
		if c.action == action {
			return c
		}
	}
	return consequences[1]
}
