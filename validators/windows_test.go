package validators

import (
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWindowsPodsAreKnownByEveryWay: what passes as a Pod of Windows passes however it says so.
func TestWindowsPodsAreKnownByEveryWay(t *testing.T) {
	requires := func(key, operator string, values ...any) object {
		return object{"nodeAffinity": object{"requiredDuringSchedulingIgnoredDuringExecution": object{"nodeSelectorTerms": []any{
			object{"matchExpressions": []any{object{"key": key, "operator": operator, "values": values}}},
		}}}}
	}
	files, err := filepath.Glob("testdata/*/pass-windows.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		f := readFixture(t, file)
		v := named(t, filepath.Base(filepath.Dir(file)))
		validate, err := v.New(decoder(string(f.params)))
		require.NoError(t, err)
		var linux any
		require.NoError(t, json.Unmarshal(f.object, &linux))
		linux = with(with(linux, []any{"spec", "os"}, removed{}), []any{"spec", "nodeSelector"}, removed{})
		found := func(document any) []string {
			raw, err := json.Marshal(document)
			require.NoError(t, err)
			return render(validate(f.review(t, raw)))
		}
		for _, way := range []node{
			{[]any{"spec", "os"}, object{"name": "windows"}},
			{[]any{"spec", "nodeSelector"}, object{"kubernetes.io/os": "windows"}},
			{[]any{"spec", "nodeSelector"}, object{"beta.kubernetes.io/os": "windows"}},
			{[]any{"spec", "nodeSelector"}, object{"node.kubernetes.io/windows-build": "10.0.20348"}},
			{[]any{"spec", "affinity"}, requires("kubernetes.io/os", "In", "windows")},
			{[]any{"spec", "affinity"}, requires("kubernetes.io/os", "NotIn", "linux")},
		} {
			assert.Empty(t, found(with(linux, way.at, way.value)), "%s with %s", file, way)
		}
		assert.NotEmpty(t, found(linux), "%s without any", file)
	}
}
