package edit

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/workload"
)

// An edit of what has an anchor, or is an alias, leaves whatever else uses the anchor as it is.
func TestAnchors(t *testing.T) {
	shared := lines("a: &r # shared", "  cpu: 1", "  mem: 2", "b: *r # as a", "c: *r")
	for name, test := range map[string]struct {
		before string
		patch  []workload.Operation
		after  string
	}{
		"one alias is written out": {
			shared,
			[]workload.Operation{add("/b/x", 3)},
			lines("a: &r # shared", "  cpu: 1", "  mem: 2", "b: # as a", "  cpu: 1", "  mem: 2", "  x: 3", "c: *r"),
		},
		"the anchor changes, its aliases do not": {
			shared,
			[]workload.Operation{replace("/a/cpu", 3)},
			lines("a: &r # shared", "  cpu: 3", "  mem: 2", "b: # as a", "  cpu: 1", "  mem: 2", "c:", "  cpu: 1", "  mem: 2"),
		},
		"all change alike, and stay together": {
			shared,
			[]workload.Operation{add("/a/x", 3), add("/b/x", 3), add("/c/x", 3)},
			lines("a: &r # shared", "  cpu: 1", "  mem: 2", "  x: 3", "b: *r # as a", "c: *r"),
		},
		"the anchor is removed": {
			shared,
			[]workload.Operation{remove("/a")},
			lines("b: # as a", "  cpu: 1", "  mem: 2", "c:", "  cpu: 1", "  mem: 2"),
		},
		"the anchor becomes something else": {
			lines("a: &n 1", "b: *n", "l: [&m x, *m]"),
			[]workload.Operation{replace("/a", 2), replace("/l/0", "z")},
			lines("a: &n 2", "b: 1", "l: [&m z, x]"),
		},
		"a member that is merged is written over": {
			lines("base: &b", "  cpu: 1", "  deep: {x: 1}", "c:", "  <<: *b", "  mem: 2", "d:", "  <<: *b"),
			[]workload.Operation{replace("/c/cpu", 3), add("/c/deep/y2", 4)},
			lines("base: &b", "  cpu: 1", "  deep: {x: 1}", "c:", "  <<: *b", "  mem: 2", "  cpu: 3", "  deep:", "    x: 1", "    y2: 4", "d:", "  <<: *b"),
		},
		"what is merged changes where it is written": {
			lines("base: &b", "  cpu: 1", "c:", "  <<: [*b]", "  mem: 2"),
			[]workload.Operation{replace("/base/cpu", 3)},
			lines("base: &b", "  cpu: 3", "c:", "  <<: [*b]", "  mem: 2", "  cpu: 1"),
		},
		"an anchor in an alias": {
			lines("a: &a", "  b: &b {c: 1}", "d: *a", "e: *b"),
			[]workload.Operation{add("/a/b/x", 2), add("/d/b/x", 2)},
			lines("a: &a", "  b: &b {c: 1, x: 2}", "d: *a", "e:", "  c: 1"),
		},
		"elsewhere nothing changes": {
			shared + lines("z: {}"),
			[]workload.Operation{add("/z/x", 1)},
			shared + lines("z:", "  x: 1"),
		},
		"a tag": {
			lines("a: &t 1", "b: !!str 2", "c: *t"),
			[]workload.Operation{replace("/b", "x"), add("/d", 1)},
			lines("a: &t 1", "b: x", "c: *t", "d: 1"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.after, edited(t, test.before, false, "", test.patch))
		})
	}
}

func TestWhatCannotBeEdited(t *testing.T) {
	for name, test := range map[string]struct {
		before string
		op     workload.Operation
		want   string
	}{
		"what is merged cannot go": {
			lines("base: &b {cpu: 1}", "c:", "  <<: *b"), remove("/c/cpu"),
			"cpu comes from an anchor, by a merge key (<<): it cannot be removed here",
		},
		"a place that is not there":   {lines("a: 1"), add("/b/c", 1), "add /b/c: there is no such place"},
		"a value that is not there":   {lines("a: 1"), remove("/b"), "remove /b: there is no such value"},
		"an item that is not there":   {lines("a: []"), add("/a/1", 1), "add /a/1: there is no such place in the list"},
		"a path that is none":         {lines("a: 1"), add("a", 1), "add a: the path must begin with /"},
		"a test that fails":           {lines("a: 1"), is("/a", "1"), "test /a: another value is there"},
		"an operation that is none":   {lines("a: 1"), workload.Operation{Op: "move", Path: "/a"}, "move /a: no such operation can be made here"},
		"a key that is marked as one": {lines("a: 1", "? b", ": c"), add("/d", 1), "line 2 is written in a form of YAML that cannot be edited"},
		"a tag and an anchor":         {lines("a: 1", "b: &x !!str 1"), add("/d", 1), "line 2 is written in a form of YAML that cannot be edited"},
		"a mapping with a tag":        {lines("a: 1", "b: !!map", "  c: 1"), add("/d", 1), "line 2 is written in a form of YAML that cannot be edited"},
		"a pair in a list":            {lines("a: 1", "b: [c: d]"), add("/e", 1), "line 2 is written in a form of YAML that cannot be edited"},
		"text without a line end":     {"a: |\n  b", add("/c", 1), "a block of text at the end of the file has no line end: nothing can be put behind it"},
		"no document":                 {"# nothing\n", add("/c", 1), "is an empty document"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := editsOf([]byte(test.before), "", false, []workload.Operation{test.op})
			assert.EqualError(t, err, test.want)
		})
	}
}

// What an object in a List needs is below the List.
func TestEditsBelowAPlace(t *testing.T) {
	before := lines("kind: List", "items:", "- kind: Pod", "- kind: Pod", "  spec: {}")
	after := edited(t, before, false, "/items/1", []workload.Operation{add("/spec/x", 1)})
	assert.Equal(t, lines("kind: List", "items:", "- kind: Pod", "- kind: Pod", "  spec:", "    x: 1"), after)
}

// Several objects of a document are changed at once, and the document is as good as before.
func TestSeveralPatches(t *testing.T) {
	text := []byte(lines("items:", "- a: 1", "- a: 2"))
	d, err := parse(text, false)
	require.NoError(t, err)
	for range 2 {
		edits, err := d.Edits(Patch{"/items/0", []workload.Operation{replace("/a", 3)}}, Patch{"/items/1", []workload.Operation{add("/b", 4)}})
		require.NoError(t, err)
		assert.Equal(t, lines("items:", "- a: 3", "- a: 2", "  b: 4"), string(Apply(text, edits)))
	}
}
