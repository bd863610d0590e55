package block

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// same compares with the parsers of all YAML. What this one does not read says nothing.
func same(t *testing.T, data []byte) (read bool) {
	t.Helper()
	document := Parse(data)
	if document == nil {
		return false
	}
	got := JSON(document, len(data))
	if got == nil {
		return false
	}
	want, err := yaml.YAMLToJSONStrict(data)
	require.NoError(t, err, "%s", data)
	require.Equal(t, decoded(t, want), decoded(t, got), "%s", data)
	var others yamlv3.Node
	require.NoError(t, yamlv3.Unmarshal(data, &others), "%s", data)
	samePlaces(t, data, &others, document)
	return true
}

func decoded(t *testing.T, raw []byte) (value any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	require.NoError(t, d.Decode(&value), "%s", raw)
	return value
}

// samePlaces compares nodes, but for those of nothing.
func samePlaces(t *testing.T, data []byte, want, got *yamlv3.Node) {
	t.Helper()
	if want.Tag == "!!null" && want.Value == "" {
		return
	}
	if want.Kind == yamlv3.DocumentNode {
		samePlaces(t, data, want.Content[0], got.Content[0])
		return
	}
	type place struct {
		kind         yamlv3.Kind
		style        yamlv3.Style
		value        string
		line, column int
	}
	require.Equal(t, place{want.Kind, want.Style, want.Value, want.Line, want.Column},
		place{got.Kind, got.Style, got.Value, got.Line, got.Column}, "%s", data)
	require.Len(t, got.Content, len(want.Content), "%s", data)
	for i := range want.Content {
		samePlaces(t, data, want.Content[i], got.Content[i])
	}
}

func fixtures(t testing.TB) (all [][]byte) {
	t.Helper()
	for _, pattern := range []string{"../../../validators/testdata/*/*.yaml", "../../../mutators/testdata/*/*.yaml", "../../../deploy/guardrails/*.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			all = append(all, data)
		}
	}
	return all
}

// Manifests as people write them are read, or all this were for nothing.
func TestManifestsAreReadAsByTheParserOfAllYAML(t *testing.T) {
	read, all := 0, fixtures(t)
	for _, data := range all {
		if same(t, data) {
			read++
		}
	}
	assert.Greater(t, float64(read), 0.9*float64(len(all)), "%d of %d", read, len(all))
}

func TestWhatIsRead(t *testing.T) {
	for name, data := range map[string]string{
		"lists at the column of their key":    "a:\n- b\n- c: d\n  e: f\ng: h\n",
		"lists that are indented":             "a:\n  - b\n  -   c: d\n      e: f\n",
		"lists in lists":                      "- - a\n  - b\n-\n  - c\n",
		"comments":                            "# a\n---  # b\na: b # c\n# d\nc: #e\n  d: 'e' # f\n",
		"a hash that is no comment":           "a: b#c\nd: \"#e\"\n",
		"words that are no strings":           "a: [yes, No, on, OFF, y, ~, null, NULL, true]\n",
		"numbers":                             "a: [0, -1, 1_000, 0644, 0x1F, 1.5, 1e3, 1., 08, 18446744073709551615, 500m, 1.2.3, 2001-01-01]\n",
		"numbers, each in its line":           "- 0b11\n- -0b11\n- +1\n- .5\n- 12e03\n- 1_0.5\n- 0o7\n- 12:30\n- 2001-12-14t21:59:43.10-05:00\n",
		"texts":                               "a: |\n  b\n   c\n\n  d\n\n# e\nf: |-\n    g\nh: |+\n  i\n\n\nj: k\n",
		"a text of nothing":                   "a: |\nb: |-\n\nc: d\n",
		"tabs in a text":                      "a: |\n  b:\n  \tc\n",
		"a scalar in several lines":           "a: b\n  c d\n  e\nf: g\n",
		"quotes":                              "\"a\": 'it''s'\n'b': \"c\\\"d\\n\\\\\"\n",
		"flow":                                "a: {b: c, d: [e, {f: \"g, h\"}, ], i: {}}\nj: []\n",
		"characters that are wider than one":  "a: ö\nb: {c: \"ö\", d: é}\n",
		"nothing":                             "a:\nb:\n  c:\n  d: e\n",
		"a colon in a scalar":                 "a: http://b:8080/c\nd: -e\nf: ?g\n",
		"a value in the line after":           "a:\n  {b: c}\nd:\n  'e'\nf:\n  g\n  h\ni:\n-\n  j\n",
		"keys of labels":                      "app.kubernetes.io/name: a\n$b: c\n",
		"a mapping in an item after a blank":  "a:\n\n  - b: c\n\n    d: e\n",
		"a document without an end of a line": "a: b",
	} {
		t.Run(name, func(t *testing.T) {
			assert.True(t, same(t, []byte(data)))
		})
	}
}

func TestWhatIsNotRead(t *testing.T) {
	for _, data := range []string{
		"", "a", "- a: &b c\n  d: *b\n", "a: !!str 1\n", "<<: {a: b}\n", "? a\n: b\n", "a: 1\na: 2\n", "a: {b: 1, b: 2}\n", "a:\tb\n", "a: >\n  b\n", "a: |2\n   b\n",
		"a: \"b\n  c\"\n", "a: [b,\n  c]\n", "%YAML 1.1\n---\na: b\n", "a: .inf\n", "1: a\n", "yes: a\n", "a: b: c\n", "a: b\n c: d\n", "a: b\n  # c\n  d\n", "a: |\n  b",
		"a: \"\\x41\"\n", "a: 'b' c\n", "a:\r\n  b: c\r\n", "- a\nb: c\n", "a: @b\n", "a: b\u2028c\n",
	} {
		document := Parse([]byte(data))
		assert.True(t, document == nil || JSON(document, 0) == nil, "%q", data)
	}
}

func TestDepthIsBounded(t *testing.T) {
	assert.Nil(t, Parse(bytes.Repeat([]byte("- "), 1<<20)))
	assert.Nil(t, Parse(append([]byte("a: "), bytes.Repeat([]byte("["), 1<<20)...)))
}

// FuzzParse: what is read has the values and the places that the parsers of all YAML see.
func FuzzParse(f *testing.F) {
	for i, data := range fixtures(f) {
		if i%7 == 0 {
			f.Add(data)
		}
	}
	for _, seed := range []string{"a: |\n  b\n\n \n  c\n", "a: b\n  c\nd: [e, {f: g}]\n", "- - a\n  - 'b'\n", "a: 0x_1\nb: 1:2\nc: \"\\u00e9\"\n", "---\na: b # c\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if utf8.Valid(data) {
			same(t, data)
		}
	})
}
