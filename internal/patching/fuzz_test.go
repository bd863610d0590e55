package patching_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/patching"
)

// FuzzDiff holds that the difference between two objects makes the one of the other with no
// operation too many, and that of an object and itself is none.
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
		for i := range operations {
			without := slices.Delete(slices.Clone(operations), i, i+1)
			if made, err := patching.Apply(a, without); err == nil {
				assert.NotEmpty(t, patching.Diff(b, made), "%+v is one too many of %+v", operations[i], operations)
			}
		}
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

// FuzzApplyConfiguration holds that a configuration that is merged into an object a second time changes
// nothing, that what it does not name stays, known or not, and with onlyMissing all that is set.
func FuzzApplyConfiguration(f *testing.F) {
	f.Add(`{"spec":{"containers":[{"name":"a","image":"b","future":1}]}}`, `{"spec":{"containers":[{"name":"a","tty":true},{"name":"c"}]}}`, false)
	f.Add(`{"metadata":{"labels":{"a":"b"}},"tomorrow":[1.0]}`, `{"metadata":{"labels":{"a":"c","d":"e"}},"spec":{"nodeName":"n"}}`, true)
	f.Add(`{"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"1"}]}]}}`, `{"spec":{"containers":[{"name":"a","env":[{"name":"Y"}]}]}}`, true)
	f.Add(`{"spec":null}`, `{"spec":{"tolerations":[]}}`, false)
	f.Fuzz(func(t *testing.T, pod, configuration string, onlyMissing bool) {
		before, wanted := object(pod), object(configuration)
		if before == nil || wanted == nil {
			return
		}
		before["apiVersion"], before["kind"] = "v1", "Pod"
		kind := corev1.SchemeGroupVersion.WithKind("Pod")
		merged, err := patching.ApplyConfiguration(kind, before, wanted, onlyMissing)
		if err != nil {
			return // which leaves the object as it is
		}
		again, err := patching.ApplyConfiguration(kind, merged, wanted, onlyMissing)
		require.NoError(t, err)
		assert.Empty(t, patching.Diff(merged, again), "a second time changes something")
		unnamed(t, before, wanted, merged)
		if onlyMissing {
			has(t, before, merged)
		}
	})
}

// unnamed fails unless what a configuration does not name is as it was.
func unnamed(t *testing.T, before, wanted, after map[string]any) {
	t.Helper()
	for key, was := range before {
		want, named := wanted[key]
		if !named {
			assert.Empty(t, patching.Diff(map[string]any{key: was}, map[string]any{key: after[key]}))
			continue
		}
		inner, is := was.(map[string]any)
		configuration, both := want.(map[string]any)
		made, all := after[key].(map[string]any)
		if is && both && all {
			unnamed(t, inner, configuration, made)
		}
	}
}

// has fails unless every field that is set has the value that it had.
func has(t *testing.T, before, after map[string]any) {
	t.Helper()
	for key, was := range before {
		switch was := was.(type) {
		case nil, []any: // null is not set; items of lists are told apart by their keys
		case map[string]any:
			is, ok := after[key].(map[string]any)
			require.True(t, ok, key)
			has(t, was, is)
		default:
			assert.Empty(t, patching.Diff(map[string]any{key: was}, map[string]any{key: after[key]}))
		}
	}
}
