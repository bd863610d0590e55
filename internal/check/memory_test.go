package check

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
)

// What is kept of a file is its name, and a little of what was found in it. Findings as they are take
// 15 KB a file here.
func TestMemoryDoesNotGrowWithTheFiles(t *testing.T) {
	const files = 3000
	dir := t.TempDir()
	for i := range files {
		text := fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: p%d}\nspec:\n  hostNetwork: true\n  hostPID: true\n  containers:\n", i)
		for c := range 4 {
			text += fmt.Sprintf("  - name: c%d\n    image: a:latest\n    securityContext: {privileged: true}\n", c)
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.yaml", i)), []byte(text), 0o600))
	}
	live := map[int]uint64{}
	found, err := Run(t.Context(), Options{Objects: guardrail.Default(), Excerpts: true, Progress: func(done, _ int) {
		if done == files/2 || done == files {
			var now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&now)
			live[done] = now.HeapAlloc
		}
	}}, nil, dir)
	require.NoError(t, err)
	require.Greater(t, found.Len(), 8*files)
	grown := int64(live[files]) - int64(live[files/2]) //nolint:gosec // no heap is larger
	t.Logf("%d bytes a file", grown/(files/2))
	assert.Less(t, grown/(files/2), int64(4<<10), "bytes a file")
}
