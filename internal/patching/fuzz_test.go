package patching_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/patching"
)

// FuzzDiff holds that the difference between two objects makes the one of the other, and that of an
// object and itself is none.
func FuzzDiff(f *testing.F) {
	f.Add(`{"a":1,"b":[1,2,3],"c":{"d":null}}`, `{"a":1.0,"b":[1,3],"c":{"d":"","e":[]}}`)
	f.Add(`{"a/b":{"~":1}}`, `{"a/b":{"~":null},"~1":{}}`)
	f.Add(`{"a":[{"name":"x"},{"name":"y"}]}`, `{"a":[{"name":"z"},{"name":"x"},{"name":"y","b":9007199254740993}]}`)
	f.Fuzz(func(t *testing.T, before, after string) {
		a, b := object(before), object(after)
		if a == nil || b == nil {
			return
		}
		operations := patching.Diff(a, b)
		made, err := patching.Apply(a, operations)
		require.NoError(t, err, "%+v", operations)
		want, err := json.Marshal(b)
		require.NoError(t, err)
		got, err := json.Marshal(made)
		require.NoError(t, err)
		assert.JSONEq(t, string(want), string(got), "%+v", operations)
		assert.Empty(t, patching.Diff(b, made))
	})
}

// FuzzOnlyMissing holds that nothing that is set is changed or removed.
func FuzzOnlyMissing(f *testing.F) {
	f.Add(`{"a":1,"b":[{"name":"x","c":1}]}`, `{"a":2,"b":[{"name":"x","c":2,"d":3},{"name":"y"}],"e":{}}`)
	f.Add(`{"a":{"b":null}}`, `{"a":[1]}`)
	f.Fuzz(func(t *testing.T, before, after string) {
		a, b := object(before), object(after)
		if a == nil || b == nil {
			return
		}
		kept := patching.OnlyMissing(a, b)
		holds(t, a, kept)
		assert.Empty(t, patching.Diff(kept, patching.OnlyMissing(kept, b)), "a second time changes something")
	})
}

// holds fails unless an object has all that another has.
func holds(t *testing.T, of, in any) {
	t.Helper()
	switch of := of.(type) {
	case map[string]any:
		require.IsType(t, of, in)
		for key, value := range of {
			require.Contains(t, in, key)
			holds(t, value, in.(map[string]any)[key])
		}
	case []any:
		require.IsType(t, of, in)
		require.GreaterOrEqual(t, len(in.([]any)), len(of))
		for i := range of {
			holds(t, of[i], in.([]any)[i])
		}
	default:
		assert.Equal(t, of, in)
	}
}

// object is nil for what no API server would send.
func object(text string) (out map[string]any) {
	if kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), &out) != nil {
		return nil
	}
	return out
}
