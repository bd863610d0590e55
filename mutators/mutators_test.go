package mutators

import (
	"bytes"
	"context"
	"encoding/json"
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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var update = flag.Bool("update", false, "write the golden patches anew")

// A fixture is testdata/<default>/<fixture>.yaml, a Pod that kubectl apply
// takes, with parameters and the labels of its Namespace in comments. Beside it,
// <fixture>.patch.json is what the default makes of it.
//
//	# params: {keys: [team]}
//	# namespace-labels: {team: shop}
type fixture struct {
	file            string
	params          []byte
	namespaceLabels map[string]string
	pod             []byte
}

// running is a default with parameters, and the labels of the Namespace that it sees.
type running struct {
	mutate Mutate
	last   bool
}

func start(tb testing.TB, m Mutator, params []byte, namespaceLabels map[string]string) running {
	tb.Helper()
	mutate, err := m.New(strictly(params))
	require.NoError(tb, err, m.Name)
	return running{last: m.Last, mutate: func(r *workload.Review) {
		r.In(context.Background(), &workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
			return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Labels: namespaceLabels}}, nil
		}})
		mutate(r)
	}}
}

func (f fixture) start(tb testing.TB, m Mutator) running {
	tb.Helper()
	return start(tb, m, f.params, f.namespaceLabels)
}

func TestFixtures(t *testing.T) {
	for _, m := range All() {
		for _, f := range fixturesOf(t, m.Name) {
			t.Run(strings.TrimSuffix(f.file, ".yaml"), func(t *testing.T) {
				got := render(t, complete(t, f.pod, f.start(t, m)).patch)
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
				complete(t, withUnknownFields(t, f.pod), f.start(t, m))
			})
		}
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	for _, forwards := range [][]running{withDefaultParameters(t), withMostParameters(t)} {
		for _, m := range All() {
			for _, f := range fixturesOf(t, m.Name) {
				t.Run(strings.TrimSuffix(f.file, ".yaml"), func(t *testing.T) { requireAnyOrder(t, f.pod, forwards) })
			}
		}
	}
}

// What looks at what others set sees it.
func TestLast(t *testing.T) {
	const pod = `{"apiVersion": "v1", "kind": "Pod",
		"metadata": {"name": "web", "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1", "controller": true}]},
		"spec": {"containers": [{"name": "web", "image": "nginx"}]}}`
	for _, pair := range []struct{ first, params, last, lastParams, want string }{
		{"default-resource-requests", `{"memory": "128Mi"}`, "default-resource-limits", `{"memoryRatio": 2}`, "/limits"},
		{"add-labels", `{"labels": {"app": "web"}}`, "default-topology-spread", `{}`, "/topologySpreadConstraints"},
		{"add-labels", `{"labels": {"app.kubernetes.io/name": "web"}}`, "otel-resource-attributes", `{}`, "/env"},
		{"default-runtime-class", `{"runtimeClassName": "gvisor"}`, "default-host-users", `{}`, ""},
		{"default-dns-config", `{"policy": "Default"}`, "default-dns-ndots", `{}`, ""},
		{
			"rewrite-image-registry", `{"rewrites": [{"from": "docker.io", "to": "registry.example.com/hub"}]}`,
			"default-image-pull-secrets", `{"registries": [{"images": ["registry.example.com"], "secrets": ["registry-credentials"]}]}`, "/imagePullSecrets",
		},
	} {
		t.Run(pair.last, func(t *testing.T) {
			first := start(t, named(t, pair.first), []byte(pair.params), nil)
			last := start(t, named(t, pair.last), []byte(pair.lastParams), nil)
			requireAnyOrder(t, []byte(pod), []running{last, first})
			before := len(complete(t, []byte(pod), first).patch)
			added := complete(t, []byte(pod), last, first).patch[before:]
			if pair.want == "" {
				assert.Empty(t, added)
				return
			}
			require.NotEmpty(t, added)
			assert.Contains(t, added[0].Path, pair.want)
		})
	}
}

// testdata/<default>/mistakes.yaml lists parameters and all that is told of them.
func TestMistakes(t *testing.T) {
	for _, m := range All() {
		t.Run(m.Name, func(t *testing.T) {
			_, err := m.New(strictly([]byte(`{"noSuchParameter": 1}`)))
			require.ErrorContains(t, err, "noSuchParameter")

			if !slices.ContainsFunc(params.Describe(m.New), func(p params.Parameter) bool { return p.Type != "boolean" }) {
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
	delete(strays, "fuzz") // what fuzzing has found
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
			parameters := append(params.Describe(m.New), params.Parameter{Name: "any", Doc: "fixture at all"})
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
			params: commentOf(tb, doc, "params"),
			pod:    fromYAML(tb, doc),
		})
		require.NoError(tb, json.Unmarshal(commentOf(tb, doc, "namespace-labels"), &fixtures[len(fixtures)-1].namespaceLabels))
	}
	return fixtures
}

func (f fixture) golden() string {
	return filepath.Join("testdata", strings.TrimSuffix(f.file, ".yaml")+".patch.json")
}

func commentOf(tb testing.TB, doc []byte, name string) []byte {
	tb.Helper()
	for line := range strings.Lines(string(doc)) {
		if value, found := strings.CutPrefix(line, "# "+name+": "); found {
			return fromYAML(tb, []byte(value))
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
func strictly(params []byte) params.Decode {
	return func(into any) error {
		strict, err := kjson.UnmarshalStrict(params, into)
		return errors.Join(append(strict, err)...)
	}
}

// withDefaultParameters are the defaults that can do without parameters.
func withDefaultParameters(tb testing.TB) []running {
	tb.Helper()
	var all []running
	for _, m := range All() {
		if _, err := m.New(strictly([]byte("{}"))); err == nil {
			all = append(all, start(tb, m, []byte("{}"), nil))
		}
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

// named is the default of a name.
func named(t testing.TB, name string) Mutator {
	t.Helper()
	m, found := Find(name)
	require.True(t, found, name)
	return m
}
