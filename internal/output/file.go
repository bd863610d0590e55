package output

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// file is written beside the one that it is to be, and then takes its place.
type file struct {
	*os.File
	// target is its name, or empty where nothing can take the place of what is there, such as a pipe.
	target string
}

func create(name string) (*file, error) {
	if followed, err := filepath.EvalSymlinks(name); err == nil {
		name = followed
	}
	mode := os.FileMode(0o666)
	switch info, err := os.Stat(name); {
	case err == nil && info.IsDir():
		return nil, errors.New("is a directory")
	case err == nil:
		// Whether it may be written is not asked when another file takes its place.
		existing, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			return &file{File: existing}, nil
		}
		if err := existing.Close(); err != nil {
			return nil, err
		}
		mode = info.Mode().Perm()
	}
	beside := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+rand.Text())
	opened, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	return &file{opened, name}, nil
}

// write writes all of it.
func (f *file) write(content func(io.Writer) error) error {
	if err := content(f.File); err != nil {
		return err
	}
	if f.target != "" {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.File.Close(); err != nil {
		return err
	}
	if f.target == "" {
		return nil
	}
	return os.Rename(f.Name(), f.target)
}

// close takes away what has not taken its place. Where it has, there is nothing of that name.
func (f *file) close() {
	if f == nil {
		return
	}
	_ = f.File.Close()
	if f.target != "" {
		_ = os.Remove(f.Name())
	}
}
