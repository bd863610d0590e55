package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"unicode/utf8"

	"taffrail.dev/taffrail/internal/printable"
)

// Stdin is the name of standard input in places and messages.
const Stdin = "<stdin>"

// Input is all that was read.
type Input struct {
	// Objects are in the order of the arguments, the files and the documents.
	Objects []*Object
	// Files is the number of files that were read.
	Files int
	// Skipped are the documents in directories that are no Kubernetes objects, the values of a Helm
	// chart for example. In a file that was named they are errors.
	Skipped []Skipped
	// Errors tell what could not be read.
	Errors []*Error
}

// Place is a line of a file.
type Place struct {
	File string
	Line int
}

func (p Place) String() string {
	file := printable.Text(p.File)
	if p.Line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, p.Line)
}

// Error tells what could not be read.
type Error struct {
	Place
	Text string
}

func (e *Error) Error() string { return e.Place.String() + ": " + printable.Text(e.Text) }

// Read reads files, directories with all that is below them, and standard
// input, which is called "-".
func Read(stdin io.Reader, args ...string) *Input {
	return Open(stdin, args...).readAll()
}

func (s *Sources) readAll() *Input {
	input := &Input{Errors: s.Errors}
	for i := range s.Len() {
		one := s.Read(i)
		input.Objects = append(input.Objects, one.Objects...)
		input.Files += one.Files
		input.Skipped = append(input.Skipped, one.Skipped...)
		input.Errors = append(input.Errors, one.Errors...)
	}
	return input
}

// ReadTexts reads files whose texts are at hand: those of a revision, for example.
func ReadTexts(files ...File) *Input {
	sources := &Sources{}
	for _, file := range files {
		sources.files = append(sources.files, source{name: file.Name, text: append([]byte{}, file.Text...)})
	}
	return sources.readAll()
}

func (in *Input) skip(from source, at Place, what Stranger) {
	in.Skipped = append(in.Skipped, Skipped{Place: at, Stranger: what, Chart: from.chart})
}

func (in *Input) fail(at Place, err error) {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err // the name of the file is in front already
	}
	in.Errors = append(in.Errors, &Error{Place: at, Text: err.Error()})
}

var (
	utf8BOM  = []byte("\xEF\xBB\xBF")
	utf16BOM = [][]byte{{0xFF, 0xFE}, {0xFE, 0xFF}}
)

func text(data []byte) ([]byte, error) {
	for _, bom := range utf16BOM {
		if bytes.HasPrefix(data, bom) {
			return nil, errors.New("is text in UTF-16: save it as UTF-8")
		}
	}
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, errors.New("is no text: must be YAML or JSON in UTF-8")
	}
	return bytes.TrimPrefix(data, utf8BOM), nil
}
