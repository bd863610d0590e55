// Package files reads Guardrails and Exemptions from files, and watches them.
package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
)

// Load is Read for a path that must hold a Guardrail: with none, nothing would be enforced.
func Load(path string) (guardrail.Objects, error) {
	all, err := Read(path)
	if err == nil && len(all.Guardrails) == 0 {
		return guardrail.Objects{}, printable.Error(fmt.Errorf(
			"%s holds no Guardrail, so nothing would be enforced; see deploy/guardrails for some to start from", path))
	}
	return all, err
}

// Read reads Guardrails and Exemptions, also in Lists, from a file or from the YAML and JSON files
// below a directory. It lists every mistake, with its file and line; when there is one, nothing is
// taken. Hidden files are left out: the kubelet keeps the former versions of a mounted ConfigMap in
// them. So are the tests of Guardrails and the file of kustomize, which lie beside them.
func Read(path string) (guardrail.Objects, error) {
	files, err := filesAt(path)
	if err != nil {
		return guardrail.Objects{}, err
	}
	return objectsIn(manifest.Read(nil, files...))
}

// kustomizeGroup is the group of kustomization.yaml.
const kustomizeGroup = "kustomize.config.k8s.io"

// ReadTexts is Read for files whose texts are at hand.
func ReadTexts(all ...manifest.File) (guardrail.Objects, error) {
	return objectsIn(manifest.ReadTexts(all...))
}

// Reads tells whether Read reads a file that is below a directory, by its path from there.
func Reads(path string) bool {
	hidden := func(name string) bool { return strings.HasPrefix(name, ".") }
	return isManifest(path) && !slices.ContainsFunc(strings.Split(filepath.ToSlash(path), "/"), hidden)
}

func objectsIn(input *manifest.Input) (guardrail.Objects, error) {
	var all guardrail.Objects
	origins := origins{}
	var mistakes []error
	for _, object := range input.Objects {
		if gvk := object.GroupVersionKind(); guardrail.IsTest(gvk) || gvk.Group == kustomizeGroup {
			continue
		}
		mistakes = append(mistakes, origins.add(object, &all)...)
	}
	for _, err := range input.Errors {
		mistakes = append(mistakes, err)
	}
	if len(mistakes) > 0 {
		return guardrail.Objects{}, errors.Join(mistakes...)
	}
	all.Place = origins.place
	return all, nil
}

func filesAt(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, printable.Error(fmt.Errorf("reading guardrails: %w", err))
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	// WalkDir does not follow a link at its root, and a mounted directory may be one.
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, printable.Error(fmt.Errorf("reading guardrails: %w", err))
	}
	var files []string
	err = filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case file != path && strings.HasPrefix(entry.Name(), ".") && entry.IsDir():
			return fs.SkipDir
		case !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") && isManifest(file):
			files = append(files, file)
		}
		return nil
	})
	if err != nil {
		return nil, printable.Error(fmt.Errorf("reading guardrails: %w", err))
	}
	return files, nil
}

func isManifest(file string) bool {
	switch filepath.Ext(file) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}
