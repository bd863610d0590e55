package fix

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWriteKeepsTheModeAndFollowsLinks(t *testing.T) {
	file := written(t, deployment)
	require.NoError(t, os.Chmod(file, 0o640))
	link := filepath.Join(t.TempDir(), "link.yaml")
	require.NoError(t, os.Symlink(file, link))

	one := fixed(t, options(t, everything), link)
	require.NoError(t, one.Write())

	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.Equal(t, os.ModeSymlink, info.Mode().Type(), "the link is still one")
	info, err = os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), info.Mode().Perm())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(one.After()), string(text))
	assertAlone(t, file)
}

// The new file comes in the place of the old one whole: whoever has the old one open reads it to its
// end, and there is never half of one.
func TestWriteReplacesTheFile(t *testing.T) {
	file := written(t, deployment)
	before, err := os.Open(file)
	require.NoError(t, err)
	defer before.Close()
	require.NoError(t, fixed(t, options(t, everything), file).Write())

	old := make([]byte, len(deployment)+1)
	n, err := before.Read(old)
	require.NoError(t, err)
	assert.Equal(t, deployment, string(old[:n]))
}

func TestWriteLeavesAFileAloneThatHasChanged(t *testing.T) {
	file := written(t, deployment)
	one := fixed(t, options(t, everything), file)
	require.NoError(t, os.WriteFile(file, []byte("kind: Other\n"), 0o600))
	require.ErrorContains(t, one.Write(), "somebody has changed it meanwhile, so it was left alone: run it again")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "kind: Other\n", string(text))
	assertAlone(t, file)
}

// What cannot be put in place leaves the old file, and nothing beside it.
func TestWriteThatFailsLeavesTheOldFile(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "full")
	require.NoError(t, os.MkdirAll(filepath.Join(directory, "manifest.yaml", "in the way"), 0o700))
	require.Error(t, replaceFile(filepath.Join(directory, "manifest.yaml"), []byte("x"), 0o600))
	assertAlone(t, filepath.Join(directory, "manifest.yaml"))
}

func assertAlone(t *testing.T, file string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}
