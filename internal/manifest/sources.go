package manifest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Sources are the files that arguments stand for, each once, in their order.
type Sources struct {
	// Errors tell of arguments that stand for nothing.
	Errors []*Error

	files []source
	stdin []byte
	// stdinErr is why standard input could not be read to its end.
	stdinErr error
}

// source is a file to read.
type source struct {
	name string
	// found says that the file was found in a directory: it may hold anything.
	found bool
}

// Open finds the files that arguments stand for, and reads standard input where one of them is "-".
func Open(stdin io.Reader, args ...string) *Sources {
	s := &Sources{}
	seen := map[string]bool{}
	add := func(file source) {
		if !seen[file.name] {
			seen[file.name] = true
			s.files = append(s.files, file)
		}
	}
	for _, arg := range args {
		if arg == "-" {
			if !seen[Stdin] {
				s.stdin, s.stdinErr = io.ReadAll(stdin)
			}
			add(source{name: Stdin})
			continue
		}
		info, err := os.Stat(arg)
		switch {
		case err != nil:
			s.fail(arg, err)
		case !info.IsDir():
			add(source{name: filepath.Clean(arg)})
		default:
			files, err := below(arg)
			if err != nil {
				s.fail(arg, err)
			}
			for _, file := range files {
				add(source{name: file, found: true})
			}
		}
	}
	return s
}

// Len is the number of files.
func (s *Sources) Len() int { return len(s.files) }

// Read reads a file. Several may be read at once.
func (s *Sources) Read(i int) *Input { return s.ReadWith(i) }

// ReadWith reads those documents of a file that contain one of some words, or all if there are none.
// What cannot be read is told all the same.
func (s *Sources) ReadWith(i int, words ...string) *Input {
	file, in := s.files[i], &Input{}
	data, err := s.bytes(file)
	if err != nil {
		in.fail(Place{File: file.name}, err)
		return in
	}
	in.parse(file, data, words)
	return in
}

func (s *Sources) bytes(file source) ([]byte, error) {
	if file.name == Stdin {
		return s.stdin, s.stdinErr
	}
	return os.ReadFile(file.name)
}

// parse reads those documents of a text that contain one of some words, or all if there are none.
func (in *Input) parse(from source, data []byte, words []string) {
	content, err := text(data)
	if err == nil && from.name == Stdin && len(bytes.TrimSpace(content)) == 0 {
		err = errors.New("is empty: has the command before it failed?")
	}
	if err != nil {
		in.fail(Place{File: from.name}, err)
		return
	}
	in.Files++
	for _, f := range split(content) {
		f.offset += len(data) - len(content)
		if f.contains(words) {
			in.add(from, f)
		}
	}
}

func (f *fragment) contains(words []string) bool {
	return len(words) == 0 || slices.ContainsFunc(words, func(word string) bool { return bytes.Contains(f.data, []byte(word)) })
}

func (s *Sources) fail(arg string, err error) {
	var in Input
	in.fail(Place{File: arg}, err)
	s.Errors = append(s.Errors, in.Errors...)
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
