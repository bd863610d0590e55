package edit

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	yamlv3 "go.yaml.in/yaml/v3"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/workload"
)

func add(path string, value any) workload.Operation {
	return workload.Operation{Op: "add", Path: path, Value: value}
}

func replace(path string, value any) workload.Operation {
	return workload.Operation{Op: "replace", Path: path, Value: value}
}

func remove(path string) workload.Operation { return workload.Operation{Op: "remove", Path: path} }

func is(path string, value any) workload.Operation {
	return workload.Operation{Op: "test", Path: path, Value: value}
}

type object = map[string]any

// lines writes what is easier to read than a text with backslashes.
func lines(all ...string) string { return strings.Join(all, "\n") + "\n" }

func TestEdits(t *testing.T) {
	for name, test := range map[string]struct {
		before string
		patch  []workload.Operation
		after  string
	}{
		"an item below a comment": {
			lines("a:", "- # why", "  text", "- b"),
			[]workload.Operation{replace("/a/0", object{"x": 1, "z": 2})},
			lines("a:", "- # why", "  x: 1", "  z: 2", "- b"),
		},
		"a value that is not there, in brackets": {
			lines("a: {b: ,c: }", "d: {e: }", "g: {h: ,i: 1}"),
			[]workload.Operation{replace("/a/b", 1), replace("/a/c", object{"x": 2}), add("/d/f", 3), remove("/g/i")},
			lines("a: {b: 1 ,c: {x: 2} }", "d: {e: , f: 3 }", "g: {h: }"),
		},
		"a member comes last, before comments that follow": {
			lines("# head", "spec: # of all", "  a: 1 # one", "  # after", "other: x"),
			[]workload.Operation{add("/spec/b", true)},
			lines("# head", "spec: # of all", "  a: 1 # one", "  b: true", "  # after", "other: x"),
		},
		"an object comes in lines": {
			lines("spec:", "  containers:", "  - name: a", "    image: b"),
			[]workload.Operation{add("/spec/containers/0/resources", object{"requests": object{"memory": "1Gi", "cpu": "100m"}})},
			lines("spec:", "  containers:", "  - name: a", "    image: b", "    resources:", "      requests:", "        cpu: 100m", "        memory: 1Gi"),
		},
		"in the indentation of the document": {
			lines("spec:", "    containers:", "      - name: a"),
			[]workload.Operation{add("/spec/containers/0/x", object{"list": []any{"a", object{"name": "m", "a": 1}}})},
			lines("spec:", "    containers:", "      - name: a", "        x:", "            list:", "              - a", "              - name: m", "                a: 1"),
		},
		"an item of a list that is as deep as its key": {
			lines("env:", "- name: a", "  value: b", "", "x: y"),
			[]workload.Operation{add("/env/-", object{"name": "c", "value": "yes"})},
			lines("env:", "- name: a", "  value: b", "- name: c", `  value: "yes"`, "", "x: y"),
		},
		"an item whose dash stands apart": {
			lines("env:", "-   name: a", "    value: b"),
			[]workload.Operation{add("/env/-", object{"name": "c", "value": "d"})},
			lines("env:", "-   name: a", "    value: b", "-   name: c", "    value: d"),
		},
		"an item in front": {
			lines("env:", "  - a"),
			[]workload.Operation{add("/env/0", "b")},
			lines("env:", "  - b", "  - a"),
		},
		"empty braces become lines": {
			lines("resources: {} # none", "x: y"),
			[]workload.Operation{add("/resources/limits", object{"cpu": 1})},
			lines("resources: # none", "  limits:", "    cpu: 1", "x: y"),
		},
		"empty braces in a list": {
			lines("list:", "- {} # none", "- a: 1"),
			[]workload.Operation{add("/list/0/x", 1), add("/list/0/z", 2)},
			lines("list:", "- x: 1 # none", "  z: 2", "- a: 1"),
		},
		"a value that is not written": {
			lines("metadata:", "  creationTimestamp:", "  labels: # later", "spec: {a: 1}"),
			[]workload.Operation{add("/metadata/labels", object{"a": "b"}), add("/metadata/creationTimestamp", "now")},
			lines("metadata:", "  creationTimestamp: now", "  labels: # later", "    a: b", "spec: {a: 1}"),
		},
		"braces stay braces": {
			lines("a: {b: 1, c: [x]} # all"),
			[]workload.Operation{add("/a/d", object{"e": "f"}), add("/a/c/-", "on"), replace("/a/b", "2")},
			lines(`a: {b: "2", c: [x, "on"], d: {e: f}} # all`),
		},
		"braces over several lines": {
			lines("a: {", "  b: 1, # one", "  c: 2 # two", "}"),
			[]workload.Operation{add("/a/d", 3), add("/a/e", 4)},
			lines("a: {", "  b: 1, # one", "  c: 2, # two", "  d: 3,", "  e: 4", "}"),
		},
		"braces with a comma at their end": {
			lines("a: [", "  b,", "  c, # two", "]", "x: [y,]"),
			[]workload.Operation{add("/a/-", "d"), add("/x/-", "z")},
			lines("a: [", "  b,", "  c, # two", "  d,", "]", "x: [y, z,]"),
		},
		"members of braces go with their commas": {
			lines("a: {b: 1, c: 2, d: 3}", "l: [a, b, c, d]", "m: [a, b]"),
			[]workload.Operation{remove("/a/b"), remove("/a/d"), remove("/l/3"), remove("/l/2"), remove("/m/0"), remove("/m/0")},
			lines("a: {c: 2}", "l: [a, b]", "m: []"),
		},
		"what is added to braces from which the last goes": {
			lines("a: [b, c, d]"),
			[]workload.Operation{remove("/a/2"), remove("/a/1"), add("/a/-", "e")},
			lines("a: [b, e]"),
		},
		"quotes stay": {
			lines(`a: "b"`, `c: 'd'`, `e: f`, `g: 100m`),
			[]workload.Operation{replace("/a", "x"), replace("/c", "it's"), replace("/e", "off"), replace("/g", "200m")},
			lines(`a: "x"`, `c: 'it''s'`, `e: "off"`, `g: 200m`),
		},
		"a line goes with its comment, and what is above stays": {
			lines("spec:", "  # why", "  hostNetwork: true # because", "  x: y"),
			[]workload.Operation{remove("/spec/hostNetwork")},
			lines("spec:", "  # why", "  x: y"),
		},
		"the only member": {
			lines("securityContext:", "  privileged: true # !", "x: y"),
			[]workload.Operation{remove("/securityContext/privileged")},
			lines("securityContext: {}", "x: y"),
		},
		"the member behind a dash": {
			lines("list:", "- a: 1", "  b: 2", "-   a: 1 # one", "    # two", "    b: 2"),
			[]workload.Operation{remove("/list/0/a"), remove("/list/1/a")},
			lines("list:", "- b: 2", "-    # one", "    # two", "    b: 2"),
		},
		"all items": {
			lines("add:", "  - SYS_ADMIN", "  - NET_ADMIN", "drop: [ALL]"),
			[]workload.Operation{is("/add/1", "NET_ADMIN"), remove("/add/1"), remove("/add/0")},
			lines("add: []", "drop: [ALL]"),
		},
		"a mapping becomes a scalar": {
			lines("a:", "  # inside", "  b: c", "d: e"),
			[]workload.Operation{replace("/a", "x")},
			lines("a: x", "d: e"),
		},
		"what is the same stays as it is written": {
			lines("a:", "  b: 'c'   # c", "  d: 0x10", "  e: [1,2]"),
			[]workload.Operation{replace("/a", object{"b": "c", "d": 16, "e": []int{1, 2, 3}})},
			lines("a:", "  b: 'c'   # c", "  d: 0x10", "  e: [1,2, 3]"),
		},
		"text in lines": {
			lines("data:", "  a: |", "    one", "", "    two"),
			[]workload.Operation{add("/data/b", "x\n  y\n"), add("/data/c", "x\ny"), add("/data/d", "x\n\ty\n\n"), add("/data/e", " x\ny")},
			lines("data:", "  a: |", "    one", "", "    two", "  b: |", "    x", "      y", "  c: |-", "    x", "    y", "  d: |+", "    x", "    \ty", "", `  e: " x\ny"`),
		},
		"behind text that keeps its line ends": {
			lines("data:", "  a: |+", "    one", "", "x: y"),
			[]workload.Operation{add("/data/b", 1)},
			lines("data:", "  a: |+", "    one", "", "  b: 1", "x: y"),
		},
		"text over several lines": {
			lines("a: one", "   two", "b: >-", "  folded", "  more", "c: \"x\\", "  y\"", "d: 1"),
			[]workload.Operation{replace("/a", "three"), replace("/b", "flat"), replace("/c", "z"), add("/e", "f")},
			lines("a: three", "b: flat", `c: "z"`, "d: 1", "e: f"),
		},
		"no line end at the end": {
			"spec:\n  a: 1", []workload.Operation{add("/spec/b", 2)}, "spec:\n  a: 1\n  b: 2",
		},
		"the last line goes, without a line end": {
			"spec:\n  a: 1\n  b: 2", []workload.Operation{remove("/spec/b")}, "spec:\n  a: 1\n",
		},
		"line ends of Windows": {
			"spec:\r\n  a: 1 # x\r\n  b: {}\r\n",
			[]workload.Operation{add("/spec/c", object{"d": "e"}), add("/spec/b/x", 1), remove("/spec/a")},
			"spec:\r\n  b:\r\n    x: 1\r\n  c:\r\n    d: e\r\n",
		},
		"a document with a mark and directives": {
			lines("%YAML 1.1", "---", "# c", "a: 1", "..."),
			[]workload.Operation{add("/b", 2)},
			lines("%YAML 1.1", "---", "# c", "a: 1", "b: 2", "..."),
		},
		"keys in quotes, of other letters": {
			lines(`"a.b/c": 1`, `'ключ': # значение`, `  "ü": {ä: ö}`),
			[]workload.Operation{replace("/a.b~1c", 2), add("/ключ/ü/x", "é")},
			lines(`"a.b/c": 2`, `'ключ': # значение`, `  "ü": {ä: ö, x: "é"}`),
		},
		"keys that are no strings to YAML 1.1": {
			lines("yes: 1", "0x10: {a: b}", "9000: c", "n: d"),
			[]workload.Operation{replace("/true", 2), add("/16/c", 3), remove("/9000"), replace("/false", "x")},
			lines("yes: 2", "0x10: {a: b, c: 3}", "n: x"),
		},
		"a key that is there twice": {
			lines("a: 1", "b: 2", "a: 3"),
			[]workload.Operation{replace("/a", 4)},
			lines("a: 1", "b: 2", "a: 4"),
		},
		"lists in lists": {
			lines("- - a", "  - b", "- - c"),
			[]workload.Operation{remove("/0/0"), add("/1/-", []string{"d"})},
			lines("- - b", "- - c", "  - - d"),
		},
		"what comes below what goes": {
			lines("a:", "  b:", "    c: 1", "    d: 2", "  # e"),
			[]workload.Operation{remove("/a/b/d"), add("/a/b/x", 1), add("/a/w", 2), add("/z", 3)},
			lines("a:", "  b:", "    c: 1", "    x: 1", "  w: 2", "z: 3", "  # e"),
		},
		"a scalar becomes a list behind a comment": {
			lines("a: null # none", "b: ~"),
			[]workload.Operation{replace("/a", []string{"x"}), replace("/b", []any{})},
			lines("a: # none", "- x", "b: []"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.after, edited(t, test.before, false, "", test.patch))
		})
	}
}

// parse is Parse for a document of which nothing is known yet.
func parse(text []byte, isJSON bool) (*Document, error) {
	if isJSON {
		return Parse(text, nil, text)
	}
	var root yamlv3.Node
	if err := yamlv3.Unmarshal(text, &root); err != nil {
		return nil, err
	}
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	return Parse(text, &root, raw)
}

func editsOf(text []byte, at string, isJSON bool, operations []workload.Operation) ([]Edit, error) {
	parsed, err := parse(text, isJSON)
	if err != nil {
		return nil, err
	}
	return parsed.Edits(Patch{at, operations})
}

// edited is a document after a patch.
func edited(t testing.TB, before string, isJSON bool, at string, patch []workload.Operation) string {
	t.Helper()
	edits, err := editsOf([]byte(before), at, isJSON, patch)
	require.NoError(t, err)
	after := Apply([]byte(before), edits)
	below := make([]workload.Operation, len(patch))
	for i, op := range patch {
		op.Path = at + op.Path
		below[i] = op
	}
	assertPatched(t, isJSON, []byte(before), after, below)
	return string(after)
}

// assertPatched holds that a document is what the library that API servers use makes of it.
func assertPatched(t testing.TB, isJSON bool, before, after []byte, patch []workload.Operation) {
	t.Helper()
	encoded, err := workload.EncodePatch(patch)
	require.NoError(t, err)
	decoded, err := jsonpatch.DecodePatch(encoded)
	require.NoError(t, err)
	was, is := before, after
	if !isJSON {
		was, err = yaml.YAMLToJSON(before)
		require.NoError(t, err)
		is, err = yaml.YAMLToJSON(after)
		require.NoError(t, err, "%s", after)
	}
	want, err := decoded.Apply(was)
	require.NoError(t, err)
	assert.JSONEq(t, string(want), string(is), "%s", after)
}

func TestEditsOfJSON(t *testing.T) {
	for name, test := range map[string]struct {
		before string
		patch  []workload.Operation
		after  string
	}{
		"in one line":           {`{"a": 1, "b": {}}`, []workload.Operation{add("/b/c", "d"), add("/e", []int{1, 2})}, `{"a": 1, "b": {"c": "d"}, "e": [1, 2]}`},
		"compact":               {`{"a":1,"b":[]}`, []workload.Operation{add("/b/-", object{"x": 1, "y": 2})}, `{"a":1,"b":[{"x":1,"y":2}]}`},
		"with escapes":          {`{"a\/b": "c\u00e9", "x": "\ud83d\ude00"}`, []workload.Operation{replace("/a~1b", "é<")}, `{"a\/b": "é<", "x": "\ud83d\ude00"}`},
		"members go":            {`{"a": 1, "b": 2, "c": 3}`, []workload.Operation{remove("/c"), remove("/a")}, `{"b": 2}`},
		"strings with brackets": {`{"a": "}],{", "b": [1]}`, []workload.Operation{add("/b/-", "]")}, `{"a": "}],{", "b": [1, "]"]}`},
		"in lines": {
			lines("{", "  \"a\": {", "    \"b\": 1", "  },", "  \"c\": {}", "}"),
			[]workload.Operation{add("/a/d", object{"e": []string{"f"}}), add("/c/x", 1)},
			lines("{", "  \"a\": {", "    \"b\": 1,", "    \"d\": {", "      \"e\": [", "        \"f\"", "      ]", "    }", "  },", "  \"c\": {", "    \"x\": 1", "  }", "}"),
		},
		"with tabs": {
			lines("{", "\t\"a\": {", "\t\t\"b\": 1", "\t}", "}"),
			[]workload.Operation{add("/a/c", object{"d": 2}), replace("/a/b", object{"x": "y"})},
			lines("{", "\t\"a\": {", "\t\t\"b\": {", "\t\t\t\"x\": \"y\"", "\t\t},", "\t\t\"c\": {", "\t\t\t\"d\": 2", "\t\t}", "\t}", "}"),
		},
		"lines of Windows": {
			"{\r\n  \"a\": 1\r\n}", []workload.Operation{add("/b", 2)}, "{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}",
		},
	} {
		t.Run(name, func(t *testing.T) {
			after := edited(t, test.before, true, "", test.patch)
			assert.Equal(t, test.after, after)
			assert.True(t, json.Valid([]byte(after)))
		})
	}
}

// A comment that comes to lie behind a text in lines would be part of it.
func TestATextInLinesTakesNoComment(t *testing.T) {
	_, err := editsOf([]byte("list:\n- |\n  text\n- a\n  # of a\n"), "", false, []workload.Operation{remove("/list/1")})
	require.ErrorContains(t, err, "something else depends on it")
}
