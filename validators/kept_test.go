package validators

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/internal/workload"
)

var anyItem = (*workload.Path)(nil).Child("spec", "list").Item(0, "")

// TestKept: an update may keep what was there, and take away from it.
func TestKept(t *testing.T) {
	value := func(v any) Finding { return invalid(anyItem, v, "must not be") }
	has := func(items ...string) Finding { return value(nil).spans(holds("items", items...)) }
	limited := func(limits ...string) Finding {
		var parts []part
		for _, limit := range limits {
			parts = append(parts, narrows(limit))
		}
		return value(nil).spans(parts...)
	}
	list := func(findings ...Finding) []Finding { return findings }
	for _, test := range []struct {
		name        string
		before, now []Finding
		want        []bool
	}{
		{"the same value", list(value("a")), list(value("a")), []bool{true}},
		{"another value", list(value("a")), list(value("b")), []bool{false}},
		{"no value any longer", list(value("a")), list(value(nil)), []bool{true}},
		{"a value where none was", list(value(nil)), list(value("a")), []bool{false}},
		{"the same, reordered", list(value("a"), value("b")), list(value("b"), value("a")), []bool{true, true}},
		{"one more of the same", list(value("a")), list(value("a"), value("a")), []bool{true, false}},
		{"another place", list(value("a")), list(invalid(anyItem.Child("x"), "a", "must not be")), []bool{false}},
		{"less of what is too high", list(value(8).above(8)), list(value(7).above(7)), []bool{true}},
		{"more of what is too high", list(value(6).above(6)), list(value(6_000_000).above(6_000_000)), []bool{false}},
		{"without a limit", list(value(8).above(8)), list(value(nil).above(unbounded)), []bool{false}},
		{"a limit at last", list(value(nil).above(unbounded)), list(value(8).above(8)), []bool{true}},
		{"more of what is too low", list(value(1).below(1)), list(value(2).below(2)), []bool{true}},
		{"less of what is too low", list(value(2).below(2)), list(value(1).below(1)), []bool{false}},
		{"too low in place of too high", list(value(8).above(8)), list(value(1).below(1)), []bool{false}},
		{"fewer items", list(has("a", "b")), list(has("b")), []bool{true}},
		{"an item more", list(has("a")), list(has("a", "b")), []bool{false}},
		{"an item in the place of another", list(has("a", "b")), list(has("a", "c")), []bool{false}},
		{"a limit taken away", list(limited("a", "b")), list(limited("a")), []bool{false}},
		{"a limit more", list(limited("a")), list(limited("b", "a")), []bool{true}},
		{
			// The first alone would take the place that only the second fits into.
			"pairs are found for all", list(has("a", "b"), has("a", "c")), list(has("a"), has("b")), []bool{true, true},
		},
		{"two cannot share one", list(has("a", "b")), list(has("a"), has("b")), []bool{true, false}},
		{
			"but they may where what is granted twice is granted once",
			list(has("a", "b").shared(), has("c").shared()), list(has("a").shared(), has("b", "c").shared(), has("d").shared()),
			[]bool{true, true, false},
		},
		{
			"what lies in an item",
			list(value(nil).spans(mountable("/var"))), list(value(nil).spans(mountable("/var/log"))),
			[]bool{true},
		},
		{
			"what an item lies in",
			list(value(nil).spans(mountable("/var/log"))), list(value(nil).spans(mountable("/"))),
			[]bool{false},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, Kept(test.before, test.now))
		})
	}
}

// TestKeptIsLinear: what has not changed is compared in as many steps as there is of
// it, also where many findings depend on one long list.
func TestKeptIsLinear(t *testing.T) {
	findings := func(n int, reversed bool) (all []Finding) {
		long := make([]string, n)
		for i := range long {
			long[i] = fmt.Sprint(i)
		}
		common := []part{holds("long", long...)}
		for i := range n {
			if reversed {
				i = n - 1 - i
			}
			all = append(all, invalid(anyItem, nil, "").spansLater(func() []part { return append(common[:1:1], holds("own", fmt.Sprint(i))) }))
		}
		return all
	}
	allocations := func(n int) float64 {
		return testing.AllocsPerRun(1, func() {
			assert.NotContains(t, Kept(findings(n, false), findings(n, true)), false)
		})
	}
	assert.Less(t, allocations(4000), 5*allocations(1000))
}

// TestKeptIsBounded: where all has changed, each finding may have to be compared with
// each. What is not compared for that counts as new.
func TestKeptIsBounded(t *testing.T) {
	findings := func(n int, name string) (all []Finding) {
		for i := range n {
			all = append(all, invalid(anyItem, nil, "").spans(holds("items", fmt.Sprint(name, i))))
		}
		return all
	}
	const n = 20_000
	m := newMatching(findings(n, "a"), findings(n, "b"))
	for _, p := range m.places() {
		m.matchSame(p)
		m.matchEach(p)
	}
	assert.NotContains(t, m.kept, true)
	assert.Greater(t, m.steps, -100, "steps beyond the bound")
}
