package podsecurity

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/dice"
)

// FuzzVerdicts compares our verdicts on any Pods and templates with Kubernetes' own. Some of them
// are fixed, which takes ten times as long.
func FuzzVerdicts(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(dice.Bytes(seed, 200))
	}
	evaluators := newEvaluators(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		d := dice.Wild(input)
		kind, level := holders[d.Roll(len(holders))], []string{"baseline", "restricted"}[d.Roll(2)]
		version := "latest"
		if d.Roll(2) == 1 {
			version = fmt.Sprintf("v1.%d", d.Roll(40))
		}
		object := d.Template().In(kind)
		evaluators.compare(t, reviewOf(t, kind, object), level, version)
		if len(input)%16 == 0 {
			assertFixesFix(t, kind, dice.New(input).Template().In(kind)) // no fix is for null in place of a container
		}
		if t.Failed() {
			t.Logf("%s %s\n%s", level, version, object)
		}
	})
}

// FuzzExclude holds that to exclude one control hides what that control finds and nothing else: what
// another control finds stays, be it one that stands for it on a higher level.
func FuzzExclude(f *testing.F) {
	every := NewStandard(strictest, Selection{})
	var without []Standard
	for _, control := range Controls() {
		without = append(without, NewStandard(strictest, Selection{Exclude: []string{control}}))
	}
	for seed := range uint64(100) {
		f.Add(dice.Bytes(seed, 200))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		d := dice.Wild(input)
		i := d.Roll(len(without))
		control, kind := Controls()[i], holders[d.Roll(len(holders))]
		r := reviewOf(t, kind, d.Template().In(kind))
		want := slices.DeleteFunc(every.Evaluate(r), func(v Violation) bool { return v.Control == control })
		got := slices.DeleteFunc(without[i].Evaluate(r), func(v Violation) bool { return !every.Has(v.Control) })
		require.Equal(t, render(want), render(got), control)
		if !r.Pod.IsWindows() { // where restricted lets in what the API server does not
			others := slices.DeleteFunc(violatedBy(r.Pod, strictest), func(name string) bool { return name == control })
			require.Equal(t, len(others) > 0, len(without[i].Evaluate(r)) > 0, "%s: %v", control, others)
		}
	})
}

// render writes violations as text, which compares.
func render(violations []Violation) (lines []string) {
	for _, v := range violations {
		lines = append(lines, fmt.Sprint(v.Control, v.Overrides, v.Path, v.Type, v.Value, v.Detail, v.Fix))
	}
	return lines
}
