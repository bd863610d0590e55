package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Find finds the file for a directory: its own, or that of the nearest directory above, up to the
// root of the repository. Outside of a repository the search ends at the home directory or the root
// of the filesystem. It returns "" where there is none.
func Find(dir string) (string, error) {
	from, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("looking for %s: %w", Name, err)
	}
	home, _ := os.UserHomeDir()
	for at := from; ; at = filepath.Dir(at) {
		switch found, err := in(at); {
		case err != nil:
			return "", err
		case found:
			return relative(from, dir, filepath.Join(at, Name)), nil
		}
		if exists(filepath.Join(at, ".git")) || at == home || at == filepath.Dir(at) {
			return "", nil
		}
	}
}

// in tells whether a directory has the file. One with another ending would be passed over, and the
// wrong guardrails would hold.
func in(directory string) (bool, error) {
	file := filepath.Join(directory, Name)
	_, err := os.Stat(file)
	switch misnamed := filepath.Join(directory, ".taffrail.yml"); {
	case err == nil:
		return true, nil
	case !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("looking for %s: %w", Name, err)
	case exists(misnamed):
		return false, fmt.Errorf("%s: must be called %s", misnamed, Name)
	default:
		return false, nil
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// relative is the file as it is called from the directory, such as ../.taffrail.yaml.
func relative(from, dir, file string) string {
	path, err := filepath.Rel(from, file)
	if err != nil {
		return file
	}
	return filepath.Join(dir, path)
}
