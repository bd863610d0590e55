package manifest

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// isPattern tells whether an argument may be a pattern that no shell has expanded.
func isPattern(arg string) bool { return strings.ContainsAny(arg, "*?[") }

// expand finds what a pattern stands for, as shells do: a * is anything within a name, a ? one
// character, [a-z] one of some, and ** any number of directories. Hidden files must be named so.
func expand(pattern string) ([]string, error) {
	names := strings.Split(filepath.ToSlash(pattern), "/")
	for _, name := range names {
		if _, err := path.Match(name, ""); err != nil {
			return nil, errors.New("is no pattern: must have a ] for each [")
		}
	}
	first := slices.IndexFunc(names, isPattern)
	root := filepath.FromSlash(strings.Join(names[:first], "/"))
	if first > 0 && root == "" {
		root = string(filepath.Separator)
	}
	found := slices.Compact(slices.Sorted(slices.Values(matching(root, names[first:]))))
	if len(found) == 0 {
		return nil, errors.New("matches no file: see what is there, and whether the pattern begins in the working directory")
	}
	return found, nil
}

// matching finds what names and patterns of names, one after another, lead to from a directory.
func matching(directory string, names []string) (found []string) {
	name, rest := names[0], names[1:]
	if name == "**" && len(rest) == 0 {
		return []string{filepath.Clean(directory)}
	}
	if name == "**" {
		found = matching(directory, rest)
	}
	entries, _ := os.ReadDir(filepath.Clean(directory)) // what cannot be read matches nothing
	for _, entry := range entries {
		at := filepath.Join(directory, entry.Name())
		hidden := strings.HasPrefix(entry.Name(), ".")
		matches, _ := path.Match(name, entry.Name())
		switch {
		case name == "**":
			if entry.IsDir() && !hidden {
				found = append(found, matching(at, names)...)
			}
		case !matches, hidden && !strings.HasPrefix(name, "."):
		case len(rest) == 0:
			found = append(found, at)
		default:
			found = append(found, matching(at, rest)...)
		}
	}
	return found
}
