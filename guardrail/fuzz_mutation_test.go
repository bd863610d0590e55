package guardrail_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/dice"
	"taffrail.dev/taffrail/internal/patching"
	"taffrail.dev/taffrail/internal/workload"
)

// FuzzMutation holds that whatever Pod mutations get, their patch applies and has no operation too many,
// a second run is empty, and what no mutation names is as it was, unknown fields among it.
func FuzzMutation(f *testing.F) {
	var own []v1alpha1.Mutation
	files, err := filepath.Glob("testdata/mutations/*.yaml")
	require.NoError(f, err)
	for _, file := range files {
		m := readMutation(f, file).Mutation
		if slices.Contains(m.Resources[0].Resources, "pods") && m.Name != "team-of-the-namespace" {
			own = append(own, m)
		}
	}
	require.Greater(f, len(own), 3)
	set := mutating(f, own...)
	for seed := range uint64(200) {
		f.Add(dice.Bytes(seed, 200))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		var content map[string]any
		if json.Unmarshal(dice.Wild(input).Pod(), &content) != nil {
			return
		}
		content["tomorrow"] = map[string]any{"a": []any{1.5, nil, "b"}}
		pod, err := json.Marshal(content)
		require.NoError(t, err)
		review, err := creation(pod)
		if err != nil {
			return // which is refused before any mutation
		}
		m := set.Mutate(t.Context(), review)
		encoded, err := workload.EncodePatch(m.Patch)
		require.NoError(t, err)
		patched, err := patching.JSONPatchRaw(pod, encoded)
		require.NoError(t, err, "%s: %s", pod, encoded)

		again, err := creation(patched)
		require.NoError(t, err, "%s: %s", pod, encoded)
		require.Empty(t, set.Mutate(t.Context(), again).Patch, "a second run of %s", pod)

		before, after := object(t, pod), object(t, patched)
		require.Len(t, m.Patch, len(patching.Diff(before, after)), "%s: %s", pod, encoded)
		for _, of := range []map[string]any{before, after} { // what they are about
			delete(of["metadata"].(map[string]any), "labels")
			for _, field := range []string{"containers", "tolerations"} {
				delete(of["spec"].(map[string]any), field)
			}
		}
		require.Equal(t, before, after)
	})
}

func object(t *testing.T, raw []byte) (out map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(raw, &out))
	for _, name := range []string{"metadata", "spec"} {
		if _, is := out[name].(map[string]any); !is {
			out[name] = map[string]any{}
		}
	}
	return out
}
