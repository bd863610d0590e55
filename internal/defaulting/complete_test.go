package defaulting

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/workload"
)

// The folder completed has what an API server makes of each (e2e: TestGoldenDefaulting).
func TestAnObjectIsCompletedAsAnAPIServerDoes(t *testing.T) {
	for _, file := range fixtures(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			completed := completedFixture(t, file)
			delete(completed, "status")
			want, err := os.ReadFile(filepath.Join("testdata", "completed", filepath.Base(file)))
			require.NoError(t, err)
			got, err := yaml.Marshal(completed)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got))
		})
	}
}

// Fields that nobody knows make no difference to the others.
func TestAnObjectWithUnknownFieldsIsCompletedLikeOthers(t *testing.T) {
	for _, file := range fixtures(t) {
		raw := readJSON(t, file)
		kind := kindOf(t, raw)
		known, err := Complete(raw, kind, "shop")
		require.NoError(t, err)
		unknown, err := completeUnknown(raw, empty(kind), "shop")
		require.NoError(t, err)
		assert.JSONEq(t, string(known), string(unknown), file)
	}
}

func fixtures(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func completedFixture(t *testing.T, file string) map[string]any {
	t.Helper()
	raw := readJSON(t, file)
	completed, err := Complete(raw, kindOf(t, raw), "")
	require.NoError(t, err)
	var content map[string]any
	require.NoError(t, json.Unmarshal(completed, &content))
	return content
}

func readJSON(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	raw, err := yaml.YAMLToJSON(text)
	require.NoError(t, err)
	return raw
}

func kindOf(t *testing.T, raw []byte) schema.GroupVersionKind {
	t.Helper()
	object := &unstructured.Unstructured{}
	require.NoError(t, object.UnmarshalJSON(raw))
	return object.GroupVersionKind()
}

// Each kind that the catalogue or a rule looks into is held against an API server.
func TestEveryKindHasAFixture(t *testing.T) {
	has := map[schema.GroupVersionKind]bool{}
	for _, file := range fixtures(t) {
		has[kindOf(t, readJSON(t, file))] = true
	}
	for _, kind := range append(workload.Kinds(), ruledKinds...) {
		assert.True(t, has[kind], "no fixture of %s", kind)
	}
}

// Each line of the table is held against an API server.
func TestEveryLineHasAFixture(t *testing.T) {
	used := map[reflect.Type]bool{}
	for _, file := range fixtures(t) {
		raw := readJSON(t, file)
		typed := empty(kindOf(t, raw))
		require.NoError(t, json.Unmarshal(raw, typed))
		typesIn(reflect.ValueOf(typed), used)
	}
	for line := range table {
		assert.True(t, used[line], "no fixture has a %s", line)
	}
}

func typesIn(value reflect.Value, found map[reflect.Type]bool) {
	if value.IsZero() && value.Kind() != reflect.Struct {
		return
	}
	found[value.Type()] = true
	switch value.Kind() {
	case reflect.Pointer:
		typesIn(value.Elem(), found)
	case reflect.Slice:
		for i := range value.Len() {
			typesIn(value.Index(i), found)
		}
	case reflect.Struct:
		for _, field := range value.Fields() {
			typesIn(field, found)
		}
	}
}

func TestWhatIsCompletedStaysAsItIs(t *testing.T) {
	for _, file := range fixtures(t) {
		raw := readJSON(t, file)
		once, err := Complete(raw, kindOf(t, raw), "")
		require.NoError(t, err)
		twice, err := Complete(once, kindOf(t, once), "")
		require.NoError(t, err)
		assert.JSONEq(t, string(once), string(twice), file)
	}
}

func TestWhatAKindDoesNotHaveStays(t *testing.T) {
	raw := []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","managedFields":[{"manager":"kubectl"}]},"news":1,
		"spec":{"hostNetwork":false,"shiny":{"of":["tomorrow"]},"containers":[{"name":"web","image":"nginx","news":true}]}}`)
	completed, err := Complete(raw, kindOf(t, raw), "")
	require.NoError(t, err)
	var content map[string]any
	require.NoError(t, json.Unmarshal(completed, &content))
	assert.EqualValues(t, 1, content["news"])
	spec := content["spec"].(map[string]any)
	assert.Equal(t, map[string]any{"of": []any{"tomorrow"}}, spec["shiny"])
	assert.NotContains(t, spec, "hostNetwork", "as an API server sends it")
	assert.Equal(t, true, spec["containers"].([]any)[0].(map[string]any)["news"])
	assert.Contains(t, content["metadata"], "managedFields")
}

// A volume of a type that nobody knows is no emptyDir, which checks allow.
func TestAVolumeOfANewerTypeHasNoDefault(t *testing.T) {
	raw := []byte(`{"apiVersion":"v1","kind":"Pod","spec":{"volumes":[{"name":"a","shiny":{}},{"name":"b","emptyDir":{},"news":1},{"name":"c"}]}}`)
	completed, err := Complete(raw, kindOf(t, raw), "")
	require.NoError(t, err)
	var content struct{ Spec struct{ Volumes any } }
	require.NoError(t, json.Unmarshal(completed, &content))
	empty := map[string]any{}
	assert.Equal(t, []any{
		map[string]any{"name": "a", "shiny": empty},
		map[string]any{"name": "b", "emptyDir": empty, "news": 1.0},
		map[string]any{"name": "c", "emptyDir": empty},
	}, content.Spec.Volumes)
}

func TestAnObjectIsOfItsNamespace(t *testing.T) {
	raw := []byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"}}`)
	completed, err := Complete(raw, kindOf(t, raw), "shop")
	require.NoError(t, err)
	assert.JSONEq(t, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"shop"}}`, string(completed))
}

func TestAKindThatNobodyKnowsStaysAsItIs(t *testing.T) {
	raw := []byte(`{"apiVersion":"example.com/v1","kind":"Widget","spec":{"size":1e3}}`)
	completed, err := Complete(raw, kindOf(t, raw), "")
	require.NoError(t, err)
	assert.Equal(t, string(raw), string(completed))
}
