package validators

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

// TestSetFixtures evaluates the files of testdata/sets: a folder for each check over a set, with files
// pass-*.yaml and fail-*.yaml of several objects that kubectl would apply. Objects that name no
// namespace are in shop. Comments at their beginning say how they are evaluated, and all that is
// found:
//
//	# params: {directions: [Ingress]}
//	# want: Service "web": spec.selector: Invalid value: "app=wbe": must select …
//
// What is found is the same in whatever order the objects come, from however many files, and with an
// object more that has nothing to do with them.
func TestSetFixtures(t *testing.T) {
	folders, err := filepath.Glob("testdata/sets/*")
	require.NoError(t, err)
	for _, folder := range folders {
		v, known := Find(filepath.Base(folder))
		assert.True(t, known && v.OverSet != nil, "%s: a folder without a check", folder)
	}
	for _, v := range overSets() {
		t.Run(v.Name, func(t *testing.T) {
			var seen setCoverage
			for _, file := range setFixtureFiles(t, v) {
				name := filepath.Base(file)
				fails := strings.HasPrefix(name, "fail-")
				require.True(t, fails || strings.HasPrefix(name, "pass-"), "%s must begin with pass- or fail-", file)
				t.Run(name, func(t *testing.T) {
					f := readSetFixture(t, file)
					found := f.evaluate(t, v, f.objects...)
					assert.Equal(t, fails, len(found) > 0, "found: %v", found)
					f.compare(t, found)
					f.holdsInAnyOrder(t, v, found)
					f.evaluate(t, v, f.lengthened()...)
					seen.add(f, fails)
				})
			}
			seen.check(t, v)
		})
	}
}

// overSets are the checks over a set.
func overSets() []Validator {
	return slices.DeleteFunc(All(), func(v Validator) bool { return v.OverSet == nil })
}

func setFixtureFiles(t testing.TB, v Validator) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata/sets", v.Name, "*.yaml"))
	require.NoError(t, err)
	return files
}

// setFixture are objects, how to evaluate them, and what is to be found.
type setFixture struct {
	file    string
	objects [][]byte // JSON
	params  []byte   // JSON
	want    []string
	body    []string // the lines that are not want
}

func readSetFixture(t testing.TB, file string) setFixture {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	f := setFixture{file: file, params: []byte("{}")}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if want, is := strings.CutPrefix(line, "# want: "); is {
			f.want = append(f.want, want)
			continue
		}
		if given, is := strings.CutPrefix(line, "# params: "); is {
			f.params, err = yaml.YAMLToJSON([]byte(given))
			require.NoError(t, err)
		}
		f.body = append(f.body, line)
	}
	for document := range strings.SplitSeq(strings.Join(f.body, "\n"), "\n---\n") {
		object, err := yaml.YAMLToJSON([]byte(document))
		require.NoError(t, err)
		f.objects = append(f.objects, object)
	}
	require.Greater(t, len(f.objects), 1, "%s: one object is no set", file)
	return f
}

// evaluate runs the check over objects, and holds what is true of every finding.
func (f *setFixture) evaluate(t testing.TB, v Validator, objects ...[]byte) (found []string) {
	t.Helper()
	validate, err := v.OverSet.New(decoder(string(f.params)))
	require.NoError(t, err)
	validate(together(t, v.OverSet.Needs, objects...), func(in *sets.Object, finding Finding) {
		assertWording(t, finding)
		kind := slices.ContainsFunc(v.OverSet.Kinds, func(k schema.GroupKind) bool { return k.Kind == in.Kind })
		assert.True(t, kind, "the check does not say that it looks at a %s", in.Kind)
		found = append(found, fmt.Sprintf("%s %q: %s: %s", in.Kind, in.Name, finding.Path, finding.Message()))
	})
	slices.Sort(found)
	return found
}

// together are the facts of objects, each of a file of its own.
func together(t testing.TB, needs sets.Needs, objects ...[]byte) *sets.Set {
	t.Helper()
	all := sets.New()
	for i, object := range objects {
		all.Add(sets.Of(reviewOf(t, object, nil, nil), object, sets.At{File: int32(i)}, needs)...) //nolint:gosec // a handful
	}
	return all
}

var unrelated = []byte(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"unrelated","namespace":"unrelated"},
	"spec":{"replicas":0,"selector":{"matchLabels":{"app":"unrelated"}},
	"template":{"metadata":{"labels":{"app":"unrelated"}},"spec":{"hostNetwork":true,"containers":[{"name":"a","image":"a"}]}}}}`)

func (f *setFixture) holdsInAnyOrder(t *testing.T, v Validator, found []string) {
	t.Helper()
	reversed := slices.Clone(f.objects)
	slices.Reverse(reversed)
	assert.Equal(t, found, f.evaluate(t, v, reversed...), "in another order")
	assert.Equal(t, found, f.evaluate(t, v, append(reversed, unrelated)...), "with an object that has nothing to do with it")
	twice := f.evaluate(t, v, append(reversed, f.objects...)...)
	assert.Equal(t, found, slices.Compact(twice), "a variant of an object is no other object")
}

// lengthened are the objects by the longest names that there may be: a message has an end.
func (f *setFixture) lengthened() (objects [][]byte) {
	for _, object := range f.objects {
		object = bytes.ReplaceAll(object, []byte("shop"), []byte("shop"+strings.Repeat("s", 59)))
		object = bytes.ReplaceAll(object, []byte("bank"), []byte("bank"+strings.Repeat("b", 59)))
		objects = append(objects, bytes.ReplaceAll(object, []byte("web"), []byte("web"+strings.Repeat("w", 60))))
	}
	return objects
}

// compare compares what was found with the fixture, or writes it there.
func (f *setFixture) compare(t *testing.T, found []string) {
	t.Helper()
	if !*update {
		assert.Equal(t, f.want, found)
		return
	}
	var out bytes.Buffer
	written := false
	for _, line := range f.body {
		if !written && !strings.HasPrefix(line, "#") {
			for _, want := range found {
				fmt.Fprintf(&out, "# want: %s\n", want)
			}
			written = true
		}
		fmt.Fprintln(&out, line)
	}
	require.NoError(t, os.WriteFile(f.file, out.Bytes(), 0o644))
}

// setCoverage is what fixtures there are.
type setCoverage struct{ passing, failing []setFixture }

func (c *setCoverage) add(f setFixture, fails bool) {
	if fails {
		c.failing = append(c.failing, f)
	} else {
		c.passing = append(c.passing, f)
	}
}

// check asks for a passing and a failing fixture of the check, and for each parameter.
func (c *setCoverage) check(t *testing.T, v Validator) {
	has := func(what string, is func(setFixture) bool) {
		assert.True(t, slices.ContainsFunc(c.passing, is), "no passing fixture %s", what)
		assert.True(t, slices.ContainsFunc(c.failing, is), "no failing fixture %s", what)
	}
	has("at all", func(setFixture) bool { return true })
	for _, p := range params.Describe(v.New) {
		has("for the parameter "+p.Name, func(f setFixture) bool {
			var given map[string]any
			require.NoError(t, json.Unmarshal(f.params, &given))
			_, set := given[p.Name]
			return set
		})
	}
}
