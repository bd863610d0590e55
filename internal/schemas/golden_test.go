package schemas

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the schemas anew, and remove those of what is no more")

const docs = "../../docs/schemas"

// TestSchemasGolden: the published schemas are those that the program prints.
func TestSchemasGolden(t *testing.T) {
	known := map[string]bool{"README.md": true}
	for _, s := range All() {
		known[s.File] = true
		file := filepath.Join(docs, s.File)
		want, err := s.JSON()
		require.NoError(t, err)
		if *update {
			require.NoError(t, os.MkdirAll(docs, 0o755))
			require.NoError(t, os.WriteFile(file, want, 0o644))
		}
		got, err := os.ReadFile(file)
		require.NoError(t, err, "`make generate` writes it")
		assert.Equal(t, string(want), string(got), "`make generate` writes %s anew", file)
	}
	files, err := os.ReadDir(docs)
	require.NoError(t, err)
	for _, file := range files {
		assert.True(t, known[file.Name()], "%s is the schema of nothing", file.Name())
	}
}
