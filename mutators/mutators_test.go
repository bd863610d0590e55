package mutators

import (
	"bytes"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/catalogue"
	"taffrail.dev/taffrail/workload"
)

var update = flag.Bool("update", false, "write the golden patches anew")

// A fixture is testdata/<default>/<fixture>.yaml, a Pod that kubectl apply
// takes, with parameters in a comment. Beside it, <fixture>.patch.json is what
// the default makes of it.
type fixture struct {
	file   string
	params []byte
	pod    []byte
}

func TestFixtures(t *testing.T) {
	for _, m := range All() {
		for _, f := range fixturesOf(t, m.Name) {
			t.Run(strings.TrimSuffix(f.file, ".yaml"), func(t *testing.T) {
				mutate, err := m.New(strictly(f.params))
				require.NoError(t, err)
				got := render(t, complete(t, f.pod, mutate).patch)
				if *update {
					require.NoError(t, os.WriteFile(f.golden(), got, 0o644))
				}
				want, err := os.ReadFile(f.golden())
				require.NoError(t, err)
				assert.Equal(t, string(want), string(got))
			})
		}
	}
}

// Fields that k8s.io/api does not know stay where they are, wherever they are.
func TestUnknownFieldsSurvive(t *testing.T) {
	for _, m := range All() {
		for _, f := range fixturesOf(t, m.Name) {
			t.Run(strings.TrimSuffix(f.file, ".yaml"), func(t *testing.T) {
				mutate, err := m.New(strictly(f.params))
				require.NoError(t, err)
				complete(t, withUnknownFields(t, f.pod), mutate)
			})
		}
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	forwards := withDefaultParameters(t)
	backwards := slices.Clone(forwards)
	slices.Reverse(backwards)
	for _, m := range All() {
		for _, f := range fixturesOf(t, m.Name) {
			t.Run(strings.TrimSuffix(f.file, ".yaml"), func(t *testing.T) {
				assert.JSONEq(t, string(complete(t, f.pod, forwards...).pod), string(complete(t, f.pod, backwards...).pod))
			})
		}
	}
}

// testdata/<default>/mistakes.yaml lists parameters and all that is told of
// them.
func TestMistakes(t *testing.T) {
	for _, m := range All() {
		t.Run(m.Name, func(t *testing.T) {
			_, err := m.New(strictly([]byte(`{"noSuchParameter": 1}`)))
			require.ErrorContains(t, err, "noSuchParameter")

			if len(catalogue.Parameters(m.New)) == 0 {
				return
			}
			doc, err := os.ReadFile(filepath.Join("testdata", m.Name, "mistakes.yaml"))
			require.NoError(t, err)
			var table []struct {
				Params   map[string]any
				Mistakes []string
			}
			require.NoError(t, yaml.UnmarshalStrict(doc, &table))
			for _, row := range table {
				params, err := yaml.Marshal(row.Params)
				require.NoError(t, err)
				_, err = m.New(strictly(fromYAML(t, params)))
				var all utilerrors.Aggregate
				require.ErrorAs(t, err, &all)
				var got []string
				for _, mistake := range all.Errors() {
					got = append(got, mistake.Error())
				}
				assert.Equal(t, row.Mistakes, got)
			}
		})
	}
}

// Name, file and folder of the fixtures are one; every parameter is documented
// and has a fixture where it changes something, and one where nothing is to do.
func TestCatalogue(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*")
	require.NoError(t, err)
	strays := map[string]bool{}
	for _, file := range files {
		strays[filepath.Base(filepath.Dir(file))] = true
	}
	for _, m := range All() {
		t.Run(m.Name, func(t *testing.T) {
			assert.FileExists(t, strings.ReplaceAll(m.Name, "-", "_")+".go")
			assert.NotEmpty(t, m.Summary)
			assert.NotEmpty(t, m.Doc)
			assert.NotContains(t, m.Summary, "\n")
			delete(strays, m.Name)

			changing, idle := map[string]bool{}, map[string]bool{}
			for _, f := range fixturesOf(t, m.Name) {
				golden, err := os.ReadFile(f.golden())
				require.NoError(t, err)
				shown := changing
				if string(golden) == "[]\n" {
					shown = idle
				}
				shown["any"] = true
				for name := range parse(t, f.params).(map[string]any) {
					shown[name] = true
				}
			}
			parameters := append(catalogue.Parameters(m.New), catalogue.Parameter{Name: "any", Doc: "fixture at all"})
			for _, p := range parameters {
				assert.NotEmpty(t, p.Doc, p.Name)
				assert.True(t, changing[p.Name], "no fixture where something changes: %s", p.Name)
				assert.True(t, idle[p.Name], "no fixture where nothing changes: %s", p.Name)
			}
		})
	}
	assert.Empty(t, slices.Collect(maps.Keys(strays)), "fixtures of no default")

	for _, file := range files {
		if fixture, golden := strings.CutSuffix(file, ".patch.json"); golden {
			assert.FileExists(t, fixture+".yaml")
		}
	}
}

func fixturesOf(tb testing.TB, name string) []fixture {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", name, "*.yaml"))
	require.NoError(tb, err)
	var fixtures []fixture
	for _, file := range files {
		if filepath.Base(file) == "mistakes.yaml" {
			continue
		}
		doc, err := os.ReadFile(file)
		require.NoError(tb, err)
		fixtures = append(fixtures, fixture{
			file:   strings.TrimPrefix(filepath.ToSlash(file), "testdata/"),
			params: paramsOf(tb, doc),
			pod:    fromYAML(tb, doc),
		})
	}
	return fixtures
}

func (f fixture) golden() string {
	return filepath.Join("testdata", strings.TrimSuffix(f.file, ".yaml")+".patch.json")
}

func paramsOf(tb testing.TB, doc []byte) []byte {
	tb.Helper()
	for line := range strings.Lines(string(doc)) {
		if params, found := strings.CutPrefix(line, "# params: "); found {
			return fromYAML(tb, []byte(params))
		}
	}
	return []byte("{}")
}

func fromYAML(tb testing.TB, doc []byte) []byte {
	tb.Helper()
	asJSON, err := yaml.YAMLToJSONStrict(doc)
	require.NoError(tb, err)
	return asJSON
}

// strictly decodes parameters as the engine does.
func strictly(params []byte) catalogue.Decode {
	return func(into any) error {
		strict, err := kjson.UnmarshalStrict(params, into)
		return errors.Join(append(strict, err)...)
	}
}

func withDefaultParameters(tb testing.TB) []Mutate {
	tb.Helper()
	var all []Mutate
	for _, m := range All() {
		mutate, err := m.New(strictly([]byte("{}")))
		require.NoError(tb, err)
		all = append(all, mutate)
	}
	return all
}

// render writes a patch with one operation a line, as it reads best.
func render(t *testing.T, patch []workload.Operation) []byte {
	t.Helper()
	if len(patch) == 0 {
		return []byte("[]\n")
	}
	var lines [][]byte
	for _, operation := range patch {
		line, err := workload.EncodePatch([]workload.Operation{operation})
		require.NoError(t, err)
		lines = append(lines, append([]byte("  "), line[1:len(line)-1]...))
	}
	return slices.Concat([]byte("[\n"), bytes.Join(lines, []byte(",\n")), []byte("\n]\n"))
}
