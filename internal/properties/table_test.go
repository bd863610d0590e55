package properties

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryPropertyIsInTheTable: docs/development.md names every fuzz target of
// the repository, and no other.
func TestEveryPropertyIsInTheTable(t *testing.T) {
	document, err := os.ReadFile("../../docs/development.md")
	require.NoError(t, err)
	var named []string
	for _, row := range regexp.MustCompile("(?m)^\\| .* \\| `(.+/Fuzz\\w+)` \\|$").FindAllStringSubmatch(string(document), -1) {
		named = append(named, row[1])
	}
	assert.ElementsMatch(t, targets(t), named)
}

func targets(t *testing.T) (found []string) {
	root := os.DirFS("../..")
	target := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
	require.NoError(t, fs.WalkDir(root, ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(root, file)
		for _, match := range target.FindAllSubmatch(text, -1) {
			found = append(found, path.Join(path.Dir(file), string(match[1])))
		}
		return err
	}))
	return found
}
