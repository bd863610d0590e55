package migrate

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/migrate/linters"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// Read reads files, directories and standard input, which is "-". Configuration files of tools, which
// are no Kubernetes objects, are read too.
func Read(stdin io.Reader, args ...string) (*policy.Inputs, []*manifest.Error) {
	in := &policy.Inputs{Now: time.Now()}
	var rest []string
	for _, arg := range args {
		if arg == "-" {
			text, err := io.ReadAll(stdin)
			if o := configuration(manifest.Stdin, text); err == nil && o != nil {
				in.Objects = append(in.Objects, o)
				continue
			}
			stdin = bytes.NewReader(text)
		} else if o := configurationFile(arg); o != nil {
			in.Objects = append(in.Objects, o)
			continue
		}
		rest = append(rest, arg)
		in.Objects = append(in.Objects, hidden(arg)...)
	}
	read := manifest.Read(stdin, rest...)
	for _, o := range read.Objects {
		var content map[string]any
		if err := kjson.UnmarshalCaseSensitivePreserveInts(o.Raw, &content); err != nil {
			read.Errors = append(read.Errors, &manifest.Error{Place: manifest.Place{File: o.File}, Text: err.Error()})
			continue
		}
		line, _ := o.PositionAt("")
		in.Objects = append(in.Objects, policy.NewObject(manifest.Place{File: o.File, Line: line}, content))
	}
	var seen []string
	for _, s := range read.Skipped {
		if !slices.Contains(seen, s.File) {
			seen = append(seen, s.File)
			if o := configurationFile(s.File); o != nil {
				in.Objects = append(in.Objects, o)
			}
		}
	}
	return in, read.Errors
}

// hidden are the configuration files of a directory that begin with a dot.
func hidden(directory string) (found []*policy.Object) {
	for _, name := range []string{".kube-linter.yaml", ".kube-linter.yml"} {
		if o := configurationFile(filepath.Join(directory, name)); o != nil {
			found = append(found, o)
		}
	}
	return found
}

func configurationFile(file string) *policy.Object {
	if info, err := os.Stat(file); err != nil || info.IsDir() || info.Size() > 1<<20 {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil // it is told when it is read as a manifest
	}
	return configuration(filepath.Clean(file), text)
}

// configuration is the configuration of a tool, by what stands in it, or nil.
func configuration(name string, text []byte) *policy.Object {
	if !bytes.Contains(text, []byte("checks")) && !bytes.Contains(text, []byte("policies")) && !bytes.Contains(text, []byte("exempt_policies")) {
		return nil
	}
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil
	}
	var whole any
	if kjson.UnmarshalCaseSensitivePreserveInts(raw, &whole) != nil {
		return nil
	}
	content, _ := whole.(map[string]any)
	kind := kindOfConfiguration(content)
	if list, is := whole.([]any); is && bytes.Contains(text, []byte("exempt_policies")) {
		content, kind = map[string]any{"exemptions": list}, linters.KRailExemption
	}
	if content["apiVersion"] != nil {
		return nil
	}
	if kind == "" {
		return nil
	}
	o := policy.NewObject(manifest.Place{File: name, Line: 1}, content)
	o.Kind, o.Name = kind, filepath.Base(name)
	return o
}
