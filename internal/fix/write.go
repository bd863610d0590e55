package fix

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Write puts what a file should hold in the place of what it holds. A crash leaves the old file or the
// new one: the new one is whole on the disk before it gets its name. Symbolic links stay, and so does
// the mode.
func (f *File) Write() error {
	file, err := filepath.EvalSymlinks(f.Name)
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.Name, err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.Name, err)
	}
	now, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.Name, err)
	}
	if !bytes.Equal(now, f.Before) {
		return fmt.Errorf("writing %s: somebody has changed it meanwhile, so it was left alone: run it again", f.Name)
	}
	if err := replaceFile(file, f.After(), info.Mode().Perm()); err != nil {
		return fmt.Errorf("writing %s: %w", f.Name, err)
	}
	return nil
}

func replaceFile(file string, data []byte, mode os.FileMode) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(data)
	err = errors.Join(err, temporary.Chmod(mode), temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return syncDirectory(filepath.Dir(file))
}

// syncDirectory makes the new name last. Windows writes names at once, and lets no directory be synced.
func syncDirectory(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	directory, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
