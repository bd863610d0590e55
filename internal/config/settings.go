package config

import (
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// Keys are those that the file may have.
func Keys() []string {
	var keys []string
	for field := range reflect.TypeFor[Config]().Fields() {
		keys = append(keys, field.Tag.Get("json"))
	}
	return keys
}

// Flag is the flag of a key: --namespace-labels of namespaceLabels.
func Flag(key string) string {
	var b strings.Builder
	for _, r := range key {
		if unicode.IsUpper(r) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Settings are what the file says, but for the inputs, which are arguments.
func (f *File) Settings() []Setting {
	var all []Setting
	config := reflect.ValueOf(f.Config)
	for i, key := range Keys() {
		if f.lines[key] == 0 || key == "inputs" {
			continue
		}
		s := Setting{Key: key, Flag: Flag(key), Line: f.lines[key]}
		switch value := config.Field(i).Interface().(type) {
		case string:
			if value != "" {
				s.Values = []string{value}
			}
		case []string:
			s.Values = value
		case map[string]string:
			for _, name := range slices.Sorted(maps.Keys(value)) {
				s.Values = append(s.Values, name+"="+value[name])
			}
		}
		all = append(all, s)
	}
	return all
}

// place makes paths that are relative to the file relative to the working directory.
func (f *File) place(dir string) {
	at := func(path string) string {
		if path == "" || path == "-" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(dir, path)
	}
	f.Guardrails = at(f.Guardrails)
	for i := range f.Inputs {
		f.Inputs[i] = at(f.Inputs[i])
	}
	for i, output := range f.Output {
		if form, file, is := strings.Cut(output, "="); is {
			f.Output[i] = form + "=" + at(file)
		}
	}
}
