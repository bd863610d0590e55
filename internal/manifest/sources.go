package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
	kept     kept
}

// source is a file to read.
type source struct {
	name string
	// found says that the file was found in a directory: it may hold anything.
	found bool
	// chart is the directory of the Helm chart that the file belongs to, if it belongs to one.
	chart string
	// rendered is what the file is, where a program has made it. Of several of one file the others are
	// more of it.
	rendered *Rendered
	more     bool
	// text is what the file holds, where that is at hand. Lent is it until the file is read.
	text []byte
	lent bool
}

// Open finds the files that arguments stand for, and reads standard input where one of them is "-".
func Open(stdin io.Reader, args ...string) *Sources {
	s := &Sources{}
	seen, charts := map[string]bool{}, map[string]string{}
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
		files, found, err := filesOf(arg)
		if err != nil {
			s.fail(arg, err)
		}
		for _, file := range files {
			add(source{name: file, found: found, chart: chartOf(file, charts)})
		}
	}
	return s
}

// filesOf finds the files that an argument stands for. They were found, unless it names one.
func filesOf(arg string) (files []string, found bool, err error) {
	switch info, err := os.Stat(arg); {
	case err != nil && isPattern(arg):
		files, err = matched(arg)
		return files, true, err
	case err != nil:
		return nil, false, err
	case !info.IsDir():
		return []string{filepath.Clean(arg)}, false, nil
	default:
		files, err := below(arg)
		return files, true, err
	}
}

// matched lists the manifests that a pattern stands for, and those below directories that it does.
func matched(pattern string) (files []string, err error) {
	found, err := expand(pattern)
	if err != nil {
		return nil, err
	}
	for _, file := range found {
		info, err := os.Stat(file)
		switch {
		case err != nil:
			return nil, err
		case !info.IsDir() && isManifest(file):
			files = append(files, file)
		case info.IsDir():
			some, _ := below(file) // one that holds none is one of several
			files = append(files, some...)
		}
	}
	if len(files) == 0 {
		return nil, errors.New("matches no .yaml, .yml or .json file")
	}
	return files, nil
}

// Len is the number of files.
func (s *Sources) Len() int { return len(s.files) }

// Read reads a file. Several may be read at once.
func (s *Sources) Read(i int) *Input {
	file := &s.files[i]
	data, err := s.bytes(file)
	s.kept.drop(file)
	return file.input(data, err, nil)
}

// ReadWith reads those documents of a file that contain a word. What cannot be read is told all the
// same.
func (s *Sources) ReadWith(i int, word string) *Input {
	data, err := s.bytes(&s.files[i])
	return s.files[i].input(data, err, func(f *fragment) bool { return bytes.Contains(f.data, []byte(word)) })
}

// ReadKinds reads those documents of a file that may hold an object of one of some kinds, before all
// of it is read: the text is kept for that, if it is not too much.
func (s *Sources) ReadKinds(i int, kinds ...string) *Input {
	file := &s.files[i]
	data, err := s.bytes(file)
	if err == nil && file.onDisk() {
		s.kept.keep(file, data)
	}
	return file.input(data, err, func(f *fragment) bool { return f.maySay(kinds) })
}

func (s *Sources) bytes(file *source) ([]byte, error) {
	switch {
	case file.rendered != nil:
		return file.rendered.Text, nil
	case file.name == Stdin:
		return s.stdin, s.stdinErr
	case file.text != nil:
		return file.text, nil
	}
	return os.ReadFile(file.name)
}

// onDisk tells whether the text of a file is not at hand.
func (s *source) onDisk() bool { return s.rendered == nil && s.name != Stdin && s.text == nil }

func (s *source) input(data []byte, err error, wanted func(*fragment) bool) *Input {
	in := &Input{}
	if err != nil {
		in.fail(Place{File: s.name}, err)
		return in
	}
	in.parse(*s, data, wanted)
	return in
}

// parse reads those documents of a text that are wanted, or all where nobody says.
func (in *Input) parse(from source, data []byte, wanted func(*fragment) bool) {
	content, err := text(data)
	if err == nil && from.name == Stdin && len(bytes.TrimSpace(content)) == 0 {
		err = errors.New("is empty: has the command before it failed?")
	}
	if err != nil {
		in.fail(Place{File: from.name}, err)
		return
	}
	if !from.more {
		in.Files++
	}
	switch what := from.stranger(data); {
	case what == "":
	case from.found:
		in.skip(from, Place{File: from.name}, what)
		return
	case what == HelmTemplate: // it may be YAML, of names that are none
		in.fail(Place{from.name, 1}, fmt.Errorf("is a template: `taffrail check --helm %s` renders the chart", from.chart))
		return
	}
	for _, f := range split(content) {
		f.offset += len(data) - len(content)
		if wanted == nil || wanted(&f) {
			in.add(from, f)
		}
	}
	if from.rendered != nil {
		from.rendered.locate(in)
	}
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
