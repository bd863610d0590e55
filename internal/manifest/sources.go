package manifest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// source is a file to read.
type source struct {
	name string
	// found says that the file was found in a directory: it may hold anything.
	found bool
}

// sources are the files that arguments stand for, each once.
func (in *Input) sources(args []string) []source {
	var all []source
	seen := map[string]bool{}
	add := func(s source) {
		if !seen[s.name] {
			seen[s.name] = true
			all = append(all, s)
		}
	}
	for _, arg := range args {
		if arg == "-" {
			add(source{name: Stdin})
			continue
		}
		info, err := os.Stat(arg)
		switch {
		case err != nil:
			in.fail(Place{File: arg}, err)
		case !info.IsDir():
			add(source{name: filepath.Clean(arg)})
		default:
			files, err := below(arg)
			if err != nil {
				in.fail(Place{File: arg}, err)
			}
			for _, file := range files {
				add(source{name: file, found: true})
			}
		}
	}
	return all
}

// below lists the manifests below a directory, hidden ones left out.
func below(directory string) ([]string, error) {
	var files []string
	// With the separator a symbolic link to a directory is followed.
	root := filepath.Clean(directory) + string(filepath.Separator)
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		hidden := file != root && strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			return err
		case hidden && entry.IsDir():
			return fs.SkipDir
		case !hidden && !entry.IsDir() && isManifest(file):
			files = append(files, file)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = errors.New("holds no .yaml, .yml or .json file")
	}
	return files, err
}

func isManifest(file string) bool {
	switch filepath.Ext(file) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}
