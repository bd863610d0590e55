package dice

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzDice holds that any dice make JSON, and the same ones the same Pod; and that
// none but wild ones make a name twice.
func FuzzDice(f *testing.F) {
	for seed := range uint64(16) {
		f.Add(Bytes(seed, 200))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		wild := Wild(data).Pod()
		require.True(t, json.Valid(wild), "%s", wild)
		require.Equal(t, wild, Wild(data).Pod())

		var pod struct {
			Spec struct{ Containers, InitContainers, Volumes []struct{ Name string } }
		}
		require.NoError(t, json.Unmarshal(New(data).Pod(), &pod))
		containers := append(pod.Spec.Containers, pod.Spec.InitContainers...)
		require.NotEmpty(t, pod.Spec.Containers)
		require.Equal(t, len(containers), unique(containers))
		require.Equal(t, len(pod.Spec.Volumes), unique(pod.Spec.Volumes))
	})
}

func unique(named []struct{ Name string }) int {
	var names []string
	for _, n := range named {
		names = append(names, n.Name)
	}
	slices.Sort(names)
	return len(slices.Compact(names))
}
