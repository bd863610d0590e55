package record

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// suffix is how the names of our files end.
	suffix = ".jsonl"
	// timeFormat is when a file was begun: names sort by time.
	timeFormat = "20060102T150405.000000000Z"
	// segments is how many files the room is for: the oldest makes room for the newest.
	segments = 8
)

// MinBytes is the least room that there must be: a review of the largest size fits into each file.
const MinBytes = segments * 2 * maxReview

// files are those of a record, one after the other for each webhook: WEBHOOK-TIME.jsonl. They are of
// one goroutine.
type files struct {
	dir     string
	most    int64
	size    int64 // of all
	current map[string]*segment
	old     []closed // the oldest first
}

// segment is a file that is written.
type segment struct {
	file *os.File
	path string
	size int64
}

type closed struct {
	path string
	size int64
}

// openFiles makes the directory, if there is none, and takes over the files of a Recorder before.
func openFiles(dir string, most int64) (*files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of the record: %w", err)
	}
	f := &files{dir: dir, most: most, current: map[string]*segment{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the directory of the record: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && e.Type().IsRegular() && isOurs(e.Name()) {
			f.old, f.size = append(f.old, closed{filepath.Join(dir, e.Name()), info.Size()}), f.size+info.Size()
		}
	}
	slices.SortFunc(f.old, func(a, b closed) int { return cmp.Compare(begun(a.path), begun(b.path)) })
	probe, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return nil, fmt.Errorf("writing into the directory of the record: %w", err)
	}
	return f, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// WebhookOf is the webhook whose reviews are in a file, going by its name, or "".
func WebhookOf(path string) string {
	webhook, rest, found := strings.Cut(filepath.Base(path), "-")
	if !found || rest == "" || webhook != "mutate" && webhook != "validate" {
		return ""
	}
	return webhook
}

func isOurs(name string) bool {
	_, err := time.Parse(timeFormat, begun(name))
	return err == nil && WebhookOf(name) != "" && strings.HasSuffix(name, suffix)
}

// begun is when a file was begun.
func begun(path string) string {
	_, at, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), suffix), "-")
	return at
}

// write appends a line to the file of a webhook. What could not be written as a whole is taken back,
// so that every line stays a review.
func (f *files) write(webhook string, line []byte) error {
	s, err := f.room(webhook, int64(len(line)))
	if err != nil {
		return err
	}
	n, err := s.file.Write(line)
	if err == nil {
		s.size, f.size = s.size+int64(n), f.size+int64(n)
		return nil
	}
	if s.file.Truncate(s.size) != nil {
		s.size, f.size = s.size+int64(n), f.size+int64(n)
		f.finish(webhook)
	}
	return fmt.Errorf("writing the record: %w", err)
}

// room is the file to write into, with room for a line.
func (f *files) room(webhook string, line int64) (*segment, error) {
	if s := f.current[webhook]; s != nil && s.size+line > f.most/segments {
		f.finish(webhook)
	}
	for len(f.old) > 0 && f.size+line > f.most {
		if err := os.Remove(f.old[0].path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("making room in the record: %w", err)
		}
		f.size, f.old = f.size-f.old[0].size, f.old[1:]
	}
	if s := f.current[webhook]; s != nil {
		return s, nil
	}
	path := filepath.Join(f.dir, webhook+"-"+time.Now().UTC().Format(timeFormat)+suffix)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("beginning a file of the record: %w", err)
	}
	s := &segment{file: file, path: path}
	f.current[webhook] = s
	return s, nil
}

// finish ends the file of a webhook.
func (f *files) finish(webhook string) {
	s := f.current[webhook]
	_ = s.file.Close()
	delete(f.current, webhook)
	f.old = append(f.old, closed{s.path, s.size})
}

func (f *files) close() {
	for webhook := range f.current {
		f.finish(webhook)
	}
}
