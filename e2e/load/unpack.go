//go:build linux

package load

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Unpack copies a program as a container runtime unpacks an image, a few pages at a time, and returns where it
// is. How large the pieces are in which a file was written is how large they are in the page cache, and all of
// a piece counts as memory of a process that looks at one byte of it: 5 MiB more of what a linker has written.
func Unpack(from, to string) (string, error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return "", err
	}
	// A program that still runs is not written over.
	if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return "", err
	}
	// Without the methods by which files copy files at once.
	_, err = io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{in}, make([]byte, 32<<10))
	if err := errors.Join(err, out.Close()); err != nil {
		return "", fmt.Errorf("copying %s to %s: %w", from, to, err)
	}
	return filepath.Abs(to)
}
