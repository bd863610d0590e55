package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRead(t *testing.T) {
	const a, b = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n", "{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n"
	for name, test := range map[string]struct {
		files   map[string]string
		args    []string // all files by name when left out
		stdin   string
		objects []string // kind namespace/name file:line
		errors  []string
		skipped []string
	}{
		"one document": {
			files:   map[string]string{"x.yaml": "# says nothing\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\n"},
			objects: []string{"Pod shop/a x.yaml:2"},
		},
		"several documents, with empty ones between": {
			files:   map[string]string{"x.yaml": "---\n" + a + "---\n---\n# nothing\n---\n\n--- # the second\n" + b + "---\n"},
			objects: []string{"ConfigMap /a x.yaml:2", "ConfigMap /b x.yaml:9"},
		},
		"documents that end, and directives": {
			files:   map[string]string{"x.yaml": "%YAML 1.1\n# says nothing\n---\n" + a + "...\n" + b},
			objects: []string{"ConfigMap /a x.yaml:4", "ConfigMap /b x.yaml:6"},
		},
		"content beside the mark": {
			files:   map[string]string{"x.yaml": "--- " + a + "--- " + b},
			objects: []string{"ConfigMap /a x.yaml:1", "ConfigMap /b x.yaml:2"},
		},
		"a mark within a block is none where it is indented": {
			files:   map[string]string{"x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    ---\n    y\n"},
			objects: []string{"ConfigMap /a x.yaml:1"},
		},
		"byte order mark and Windows line ends": {
			files:   map[string]string{"x.yaml": "\ufeffapiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: a\r\n---\r\n" + a},
			objects: []string{"Pod /a x.yaml:1", "ConfigMap /a x.yaml:6"},
		},
		"JSON": {
			files:   map[string]string{"x.json": "\n{\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\",\n\t\"metadata\": {\"name\": \"\\ud83d\\ude00\\/\"}}"},
			objects: []string{"Pod /😀/ x.json:2"},
		},
		"one JSON value after another": {
			files:   map[string]string{"x.json": `{"apiVersion":"v1","kind":"Pod"} {"apiVersion":"v1","kind":"Pod"}` + "\n" + `{"apiVersion":"v1","kind":"Service"}`},
			objects: []string{"Pod / x.json:1", "Pod / x.json:1", "Service / x.json:2"},
		},
		"JSON in a YAML file": {
			files:   map[string]string{"x.yaml": "---\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}\n# the end\n---\n" + a},
			objects: []string{"Pod / x.yaml:2", "ConfigMap /a x.yaml:5"},
		},
		"JSON with a comma too many is YAML, as for kubectl": {
			files:   map[string]string{"x.json": `{"apiVersion":"v1","kind":"Pod",}`},
			objects: []string{"Pod / x.json:1"},
		},
		"a List": {
			files: map[string]string{"x.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n" +
				"- apiVersion: v1\n  kind: List\n  items:\n  - apiVersion: v1\n    kind: Service\n-\n"},
			objects: []string{"Pod /a x.yaml:4", "Service / x.yaml:10"},
		},
		"an empty List": {files: map[string]string{"x.yaml": "apiVersion: v1\nkind: List\n"}},
		"a typed List, whose items need not say what they are": {
			files:   map[string]string{"x.yaml": "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: a}\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: b}\n"},
			objects: []string{"Deployment /a x.yaml:4", "Deployment /b x.yaml:5"},
		},
		"a List whose items are no list": {
			files:  map[string]string{"x.yaml": "apiVersion: v1\nkind: List\nitems: 3\n"},
			errors: []string{"x.yaml:3: items: must be a list"},
		},
		"a custom resource whose name ends in List": {
			files:   map[string]string{"x.yaml": "apiVersion: example.com/v1\nkind: AllowList\nspec: {items: [a]}\n"},
			objects: []string{"AllowList / x.yaml:1"},
		},
		"YAML 1.1, as kubectl reads it": {
			files:   map[string]string{"x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: &m {name: a}\ndata: {<<: *m, yes: x}\n"},
			objects: []string{"ConfigMap /a x.yaml:1"},
		},
		"a directory": {
			files: map[string]string{
				"d/b.yml": b, "d/a.yaml": a, "d/sub dir/c.json": `{"apiVersion":"v1","kind":"Pod"}`,
				"d/.hidden.yaml": "[", "d/.git/x.yaml": "[", "d/readme.md": "[", "d/values.yaml": "replicas: 3\n---\n- x\n---\ntext\n",
			},
			args:    []string{"d/"},
			objects: []string{"ConfigMap /a d/a.yaml:1", "ConfigMap /b d/b.yml:1", "Pod / d/sub dir/c.json:1"},
			skipped: []string{"d/values.yaml:1", "d/values.yaml:3", "d/values.yaml:5"},
		},
		"a file is read once": {
			files:   map[string]string{"d/a.yaml": a},
			args:    []string{"d", "./d/a.yaml", "d/a.yaml"},
			objects: []string{"ConfigMap /a d/a.yaml:1"},
		},
		"an empty directory": {
			files:  map[string]string{"d/notes.txt": "x"},
			args:   []string{"d"},
			errors: []string{"d: holds no .yaml, .yml or .json file"},
		},
		"standard input": {
			args: []string{"-", "-"}, stdin: a,
			objects: []string{"ConfigMap /a <stdin>:1"},
		},
		"nothing on standard input": {
			args: []string{"-"}, stdin: " \n",
			errors: []string{"<stdin>: is empty: has the command before it failed?"},
		},
		"nothing but comments": {files: map[string]string{"x.yaml": "# nothing\n", "y.yaml": ""}},
		"no such file": {
			args:   []string{"missing.yaml"},
			errors: []string{"missing.yaml: no such file or directory"},
		},
		"what is wrong does not keep the rest from being read": {
			files:   map[string]string{"w.yaml": "a: b: c\n---\n" + a + "---\nx: [\n", "x.yaml": b},
			objects: []string{"ConfigMap /a w.yaml:3", "ConfigMap /b x.yaml:1"},
			errors: []string{
				"w.yaml:1: is no YAML: mapping values are not allowed in this context",
				"w.yaml:5: is no YAML: did not find expected node content",
			},
		},
		"tabs": {
			files:  map[string]string{"x.yaml": "apiVersion: v1\nmetadata:\n\tname: a\n"},
			errors: []string{"x.yaml:3: is no YAML: a tab indents this line: YAML is indented with spaces"},
		},
		"the line is the one that is wrong": {
			files: map[string]string{
				"a.yaml": "a: 1\nb:\n  c: 1\n d: 2\n", "b.yaml": "a: 1\nb\nc: 2\n", "c.yaml": "a: 1\nb: \"x\nc: 2\n",
				"d.yaml": "a: 1\nb: [1,2\nc: 2\n", "e.yaml": "- a\nb: 1\n", "f.json": `{"a":1`,
			},
			errors: []string{
				"a.yaml:4: is no YAML: did not find expected key",
				"b.yaml:2: is no YAML: could not find expected ':'",
				"c.yaml:2: is no YAML: found unexpected end of stream",
				"d.yaml:3: is no YAML: did not find expected ',' or ']'",
				"e.yaml:2: is no YAML: did not find expected '-' indicator",
				"f.json:1: is no YAML: did not find expected ',' or '}'",
			},
		},
		"a template": {
			files:  map[string]string{"x.yaml": "{{- if .Values.on }}\nkind: Pod\n{{- end }}\n"},
			errors: []string{"x.yaml:1: is no YAML but a template: render it first, as `taffrail check --helm CHART` does"},
		},
		"line ends that hide a document": {
			files:  map[string]string{"x.yaml": "apiVersion: v1\rkind: Pod\r---\rapiVersion: v1\rkind: Pod\r"},
			errors: []string{"x.yaml:1: has line ends that are neither those of Unix nor of Windows: save it with those of Unix"},
		},
		"no text": {
			files: map[string]string{"a": "\xff\xfea\x00", "b": "\x7fELF\x00", "c": "a: \xe9"},
			errors: []string{
				"a: is text in UTF-16: save it as UTF-8",
				"b: is no text: must be YAML or JSON in UTF-8",
				"c: is no text: must be YAML or JSON in UTF-8",
			},
		},
		"no Kubernetes objects": {
			files: map[string]string{"a.yaml": "\nhello\n", "b.yaml": "[a]", "c.yaml": "a: 1", "d.yaml": "kind: Pod", "e.yaml": "# x\napiVersion: v1"},
			errors: []string{
				"a.yaml:2: is no Kubernetes object: must have apiVersion and kind",
				"b.yaml:1: is no Kubernetes object: must have apiVersion and kind",
				"c.yaml:1: is no Kubernetes object: must have apiVersion and kind",
				"d.yaml:1: apiVersion: must be set for a Pod",
				"e.yaml:2: kind: must be set for an object of v1",
			},
		},
		"names that are none": {
			files: map[string]string{"a.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: 123\n", "b.yaml": "apiVersion: 1\nkind: [Pod]\n", "c.yaml": "apiVersion: v1\nkind: {}\n"},
			errors: []string{
				"a.yaml:4: metadata.name: must be a string, is 123: put it in quotes",
				"b.yaml:1: apiVersion: must be a string, is 1: put it in quotes",
				"c.yaml:2: kind: must be a string",
			},
		},
		"too large": {
			files:  map[string]string{"x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: " + strings.Repeat("x", maxObjectBytes) + "}\n"},
			errors: []string{`x.yaml:1: ConfigMap "a" is larger than 3 MiB: the API server takes none that is`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			args := write(t, test.files)
			if test.args != nil {
				args = test.args
			}
			input := Read(strings.NewReader(test.stdin), args...)
			var objects, errors, skipped []string
			for _, o := range input.Objects {
				line, _ := o.Position(nil)
				objects = append(objects, fmt.Sprintf("%s %s/%s %s:%d", o.Kind, o.Namespace, o.Name, o.File, line))
			}
			for _, err := range input.Errors {
				errors = append(errors, err.Error())
			}
			for _, place := range input.Skipped {
				skipped = append(skipped, place.String())
			}
			assert.Equal(t, test.objects, objects)
			assert.Equal(t, test.errors, errors)
			assert.Equal(t, test.skipped, skipped)
		})
	}
}

// write writes files into a new directory, goes there, and returns their names.
func write(t *testing.T, files map[string]string) []string {
	t.Helper()
	t.Chdir(t.TempDir())
	var names []string
	for name, content := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestReadFollowsALinkToADirectory(t *testing.T) {
	write(t, map[string]string{"d/a.yaml": "apiVersion: v1\nkind: Pod\n"})
	require.NoError(t, os.Symlink("d", "link"))
	input := Read(nil, "link")
	require.Empty(t, input.Errors)
	require.Len(t, input.Objects, 1)
	assert.Equal(t, "link/a.yaml", input.Objects[0].File)
}

func TestRawIsWhatKubectlSends(t *testing.T) {
	write(t, map[string]string{"x.yaml": "apiVersion: v1\nkind: ConfigMap\ndata: &d {a: yes, b: 010, c: 1.10, 1: x}\nmore: *d\n"})
	input := Read(nil, "x.yaml")
	require.Empty(t, input.Errors)
	assert.JSONEq(t, `{"apiVersion":"v1","kind":"ConfigMap",
		"data":{"a":true,"b":8,"c":1.1,"1":"x"},"more":{"a":true,"b":8,"c":1.1,"1":"x"}}`, string(input.Objects[0].Raw))
}

// Of a key that is there twice the last one counts, as for the API server, and both are known.
func TestKeysThatAreThereTwice(t *testing.T) {
	for name, test := range map[string]struct {
		file, text, raw string
		want            []Duplicate
	}{
		"in an object after another": {
			"x.yaml", "apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  name: b\nkind: Service\n",
			`{"apiVersion":"v1","kind":"Service","metadata":{"name":"b"}}`,
			[]Duplicate{{"/metadata/name", 8, 3, 7}, {"/kind", 9, 1, 5}},
		},
		"beside a merge, which is none": {
			"x.yaml", "apiVersion: v1\nkind: Pod\nx: &x {a: 1}\nz:\n  <<: *x\n  <<: *x\n  a: 2\n  a: 3\n",
			`{"apiVersion":"v1","kind":"Pod","x":{"a":1},"z":{"a":3}}`,
			[]Duplicate{{"/z/a", 8, 3, 7}},
		},
		"in an item of a List": {
			"x.yaml", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  a/b: 1\n  a/b: 2\n",
			`{"apiVersion":"v1","kind":"Pod","a/b":2}`,
			[]Duplicate{{"/a~1b", 7, 3, 6}},
		},
		"in words for one boolean": {
			"x.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n  yes: a\n  on: b\n",
			`{"apiVersion":"v1","kind":"ConfigMap","data":{"true":"b"}}`,
			[]Duplicate{{"/data/true", 5, 3, 4}},
		},
		"in JSON": {
			"x.json", "\n" + `{"apiVersion":"v1","kind":"Pod",` + "\n" + `"kind":"Service"}`,
			`{"apiVersion":"v1","kind":"Service"}`,
			[]Duplicate{{"/kind", 3, 1, 2}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			input := Read(nil, write(t, map[string]string{test.file: test.text})...)
			require.Empty(t, input.Errors)
			require.NotEmpty(t, input.Objects)
			last := input.Objects[len(input.Objects)-1]
			assert.Equal(t, test.want, last.Duplicates)
			assert.JSONEq(t, test.raw, string(last.Raw))
		})
	}
}

// Which of them counts is chance for whoever reads YAML by way of a map, as kubectl does.
func TestTwoKeysOfYAMLThatAreOneInJSON(t *testing.T) {
	for name, labels := range map[string]string{
		"a boolean and its word":     "    y: a\n    \"true\": b\n",
		"a merged one and one of it": "    <<: {y: a}\n    \"true\": b\n",
	} {
		t.Run(name, func(t *testing.T) {
			text := "apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n" + labels
			input := Read(nil, write(t, map[string]string{"x.yaml": text})...)
			require.Len(t, input.Errors, 1)
			require.ErrorContains(t, input.Errors[0], `has two keys that are both "true"`)
			assert.Equal(t, 9, input.Errors[0].Line)
			assert.Len(t, input.Objects, 1)
		})
	}
}
