package starter

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes a file into a directory, unless there is one of its name, be it a link that leads
// nowhere. It tells whether it has written it.
func Write(dir string, file File) (written bool, err error) {
	name := filepath.Join(dir, filepath.FromSlash(file.Path))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return false, fmt.Errorf("writing %s: %w", file.Path, err)
	}
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("writing %s: %w", file.Path, err)
	}
	_, err = out.WriteString(file.Text)
	if err = errors.Join(err, out.Close()); err != nil {
		_ = os.Remove(name) // half a file would be left alone the next time
		return false, fmt.Errorf("writing %s: %w", file.Path, err)
	}
	return true, nil
}

// Lacks tells whether a file that was there already is without what it would have had. One that names
// taffrail at all has been seen to.
func Lacks(dir string, file File) bool {
	there, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file.Path)))
	return file.Lines != "" && (err != nil || !bytes.Contains(there, []byte("taffrail")))
}

// Above is the root of the repository that a directory is in, if that is not the directory itself.
func Above(dir string) string {
	at, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	for above := false; ; above = true {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			if above {
				return at
			}
			return ""
		}
		parent := filepath.Dir(at)
		if parent == at {
			return ""
		}
		at = parent
	}
}

// Has tells whether a directory has a file of its name.
func Has(dir string, file File) bool {
	_, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(file.Path)))
	return err == nil
}
