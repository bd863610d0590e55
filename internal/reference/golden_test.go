package reference

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the pages anew, and remove those of what is no more")

const docs = "../../docs"

// TestPagesGolden: the documentation is what the catalogue says.
func TestPagesGolden(t *testing.T) {
	want := map[string]string{}
	pages := Pages()
	for i := range pages {
		want[filepath.Join(docs, "reference", pages[i].file())] = pages[i].markdown()
	}
	want[filepath.Join(docs, "reference", "README.md")] = index(pages)
	want[filepath.Join(docs, "migrating.md")] = migrating(t, pages)

	for file, text := range want {
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		}
		got, err := os.ReadFile(file)
		require.NoError(t, err, "`make generate` writes it")
		assert.Equal(t, text, string(got), "`make generate` writes %s anew", file)
	}
	files, err := filepath.Glob(filepath.Join(docs, "reference", "*", "*"))
	require.NoError(t, err)
	for _, file := range files {
		if _, known := want[file]; known {
			continue
		}
		if *update {
			require.NoError(t, os.Remove(file))
			continue
		}
		assert.Fail(t, "a page of nothing in the catalogue", file)
	}
}
