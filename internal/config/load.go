package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/glob"
	"taffrail.dev/taffrail/internal/printable"
)

// FailOn are the values of the key failOn.
var FailOn = []string{"deny", "warn", "never"}

// Load reads a file strictly. It lists every mistake, with its line; when there is one, nothing is
// taken.
func Load(file string) (*File, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, printable.Error(fmt.Errorf("reading the configuration: %w", err))
	}
	d := decoder{file: file}
	out := &File{Path: file, lines: map[string]int{}}
	d.read(data, out)
	if len(d.mistakes) > 0 {
		return nil, d.all()
	}
	out.place(filepath.Dir(file))
	return out, nil
}

// decoder reads a file, and collects what is wrong with it.
type decoder struct {
	file     string
	mistakes []mistake
}

type mistake struct {
	line int
	text string
}

func (d *decoder) fail(line int, format string, args ...any) {
	d.mistakes = append(d.mistakes, mistake{line, fmt.Sprintf(format, args...)})
}

// all are the mistakes, by line.
func (d *decoder) all() error {
	slices.SortStableFunc(d.mistakes, func(a, b mistake) int { return cmp.Compare(a.line, b.line) })
	errs := make([]error, len(d.mistakes))
	for i, m := range d.mistakes {
		place := d.file
		if m.line > 0 {
			place = fmt.Sprintf("%s:%d", d.file, m.line)
		}
		errs[i] = printable.Error(fmt.Errorf("%s: %s", place, m.text))
	}
	return errors.Join(errs...)
}

func (d *decoder) read(data []byte, out *File) {
	var document, more yaml.Node
	reader := yaml.NewDecoder(bytes.NewReader(data))
	err := reader.Decode(&document)
	switch {
	case errors.Is(err, io.EOF):
		return // nothing but comments
	case err != nil:
		d.fail(0, "is no YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
		return
	case !errors.Is(reader.Decode(&more), io.EOF):
		d.fail(more.Line, "must be one document")
	case isNull(document.Content[0]):
		return
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		d.fail(root.Line, "must be a mapping of keys to values")
		return
	}
	config := reflect.ValueOf(&out.Config).Elem()
	names := Keys()
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch at := slices.Index(names, key.Value); {
		case at < 0:
			d.unknown(key, names)
		case out.lines[key.Value] > 0:
			d.fail(key.Line, "%s: must not be there twice: it is in line %d too", key.Value, out.lines[key.Value])
		default:
			out.lines[key.Value] = key.Line
			if !isNull(value) {
				d.set(config.Field(at), key.Value, value)
			}
		}
	}
	d.check(out)
}

func (d *decoder) unknown(key *yaml.Node, names []string) {
	text := fmt.Sprintf("unknown key %q; the keys are: %s", key.Value, strings.Join(names, ", "))
	if nearest := guardrail.NearestName(key.Value, names); nearest != "" {
		text += fmt.Sprintf("; did you mean %q?", nearest)
	}
	d.fail(key.Line, "%s", text)
}

// set takes a value as the type of its field has it.
func (d *decoder) set(field reflect.Value, key string, value *yaml.Node) {
	switch field.Interface().(type) {
	case string:
		field.SetString(d.text(key, value))
	case []string:
		if value.Kind != yaml.SequenceNode {
			d.fail(value.Line, "%s: must be a list, such as [%s]", key, value.Value)
			return
		}
		items := []string{}
		for i, item := range value.Content {
			items = append(items, d.text(fmt.Sprintf("%s[%d]", key, i), item))
		}
		field.Set(reflect.ValueOf(items))
	case map[string]string:
		if value.Kind != yaml.MappingNode {
			d.fail(value.Line, "%s: must be a mapping, such as {environment: production}", key)
			return
		}
		entries := map[string]string{}
		for i := 0; i+1 < len(value.Content); i += 2 {
			name := value.Content[i].Value
			entries[name] = d.text(key+"."+name, value.Content[i+1])
		}
		field.Set(reflect.ValueOf(entries))
	}
}

func (d *decoder) text(key string, value *yaml.Node) string {
	switch {
	case value.Kind != yaml.ScalarNode || isNull(value):
		d.fail(value.Line, "%s: must be a string", key)
	case value.Tag != "!!str":
		d.fail(value.Line, "%s: must be a string: write %q with quotes", key, value.Value)
	}
	return value.Value
}

// check finds values that are none. Those that a flag checks are left to the flag.
func (d *decoder) check(out *File) {
	if value := out.FailOn; value != "" && !slices.Contains(FailOn, value) {
		text := fmt.Sprintf("failOn: %q: must be deny, warn or never", value)
		if nearest := guardrail.NearestName(value, FailOn); nearest != "" {
			text += fmt.Sprintf("; did you mean %q?", nearest)
		}
		d.fail(out.lines["failOn"], "%s", text)
	}
	if _, err := glob.Compile(out.Exclude); err != nil {
		d.fail(out.lines["exclude"], "exclude: %v", err)
	}
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }
