package output

import (
	"os"
	"path/filepath"
	"strings"

	"taffrail.dev/taffrail/internal/manifest"
)

// Repository answers names of files as the repository of a directory knows them: forges show findings
// beside the lines of what is in it. Without a repository that is the directory itself. What is
// outside has its whole name.
func Repository(directory string) func(file string) string {
	root := rootOf(directory)
	return func(file string) string {
		if file == manifest.Stdin {
			return "stdin"
		}
		absolute := file
		if !filepath.IsAbs(file) {
			absolute = filepath.Join(directory, file)
		}
		below, err := filepath.Rel(root, absolute)
		if err != nil || below == ".." || strings.HasPrefix(below, ".."+string(filepath.Separator)) {
			return absolute
		}
		return filepath.ToSlash(below)
	}
}

// rootOf is the nearest directory, from one upwards, that git keeps its own in.
func rootOf(directory string) string {
	for at := directory; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return directory
		}
	}
}
