package output

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/nearest"
)

// Output is a form of what there is to say, by its name, and where it goes.
type Output struct {
	Name string
	// File is empty for standard output.
	File string
}

// Parse reads what flags ask for: NAME, or NAME=FILE, where NAME is one of some.
func Parse(flags, names []string) ([]Output, error) {
	var all []Output
	for _, flag := range flags {
		name, file, toFile := strings.Cut(flag, "=")
		switch {
		case !slices.Contains(names, name):
			return nil, unknown(name, names)
		case toFile && file == "":
			return nil, fmt.Errorf("%q: must name a file behind =", flag)
		}
		one := Output{name, file}
		for _, other := range all {
			if err := one.clash(other); err != nil {
				return nil, err
			}
		}
		all = append(all, one)
	}
	return all, nil
}

func unknown(name string, names []string) error {
	last := len(names) - 1
	text := fmt.Sprintf("%q: must be %s or %s", name, strings.Join(names[:last], ", "), names[last])
	if meant := nearest.Name(name, names); meant != "" {
		text += fmt.Sprintf("; did you mean %q?", meant)
	}
	return errors.New(text)
}

// clash tells why two cannot both be written.
func (o Output) clash(other Output) error {
	switch {
	case o.File == "" && other.File == "":
		return fmt.Errorf("%s and %s cannot both go to standard output: name a file for one, as in %s=FILE", other.Name, o.Name, o.Name)
	case o.File == "" || other.File == "":
		return nil
	case same(o.File, other.File):
		return fmt.Errorf("%s and %s cannot both be written to %s", other.Name, o.Name, o.File)
	}
	return nil
}

// same tells whether two names are those of one file, be it there or not.
func same(a, b string) bool {
	first, errFirst := os.Stat(a)
	second, errSecond := os.Stat(b)
	if errFirst == nil && errSecond == nil {
		return os.SameFile(first, second)
	}
	return whole(a) == whole(b)
}

// whole is a name from the root on, with links followed as far as there is something.
func whole(name string) string {
	if absolute, err := filepath.Abs(name); err == nil {
		name = absolute
	}
	if directory, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil {
		name = filepath.Join(directory, filepath.Base(name))
	}
	return name
}

// Opened are outputs that can be written.
type Opened struct {
	outputs []Output
	files   []*file
}

// Open makes sure that every file can be written, before anything is done that takes time.
func Open(outputs []Output) (*Opened, error) {
	o := &Opened{outputs: outputs}
	for _, output := range outputs {
		var opened *file
		if output.File != "" {
			var err error
			if opened, err = create(output.File); err != nil {
				o.Close()
				return nil, fmt.Errorf("%s=%s: %w", output.Name, output.File, reason(err))
			}
		}
		o.files = append(o.files, opened)
	}
	return o, nil
}

// Each has every output written, to standard output or to its file.
func (o *Opened) Each(stdout io.Writer, write func(io.Writer, Output) error) error {
	var wrong []error
	for i, output := range o.outputs {
		if file := o.files[i]; file != nil {
			if err := file.write(func(w io.Writer) error { return write(w, output) }); err != nil {
				wrong = append(wrong, fmt.Errorf("writing %s to %s: %w", output.Name, output.File, reason(err)))
			}
			continue
		}
		if err := write(stdout, output); err != nil {
			wrong = append(wrong, fmt.Errorf("writing the result: %w", err))
		}
	}
	return errors.Join(wrong...)
}

// Close takes away what was begun and is not whole.
func (o *Opened) Close() {
	for _, file := range o.files {
		file.close()
	}
}

// reason is an error without the name of a file, which whoever asked for it knows better than we do.
func reason(err error) error {
	if path, is := errors.AsType[*os.PathError](err); is {
		return path.Err
	}
	if link, is := errors.AsType[*os.LinkError](err); is {
		return link.Err
	}
	return err
}
