// Package kustomize builds kustomizations, as `kubectl apply -k` does: in this process, with nothing
// fetched, no plugin, and no Helm.
package kustomize

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"taffrail.dev/taffrail/internal/manifest"
)

// Build builds the kustomization in a directory. Each object is told of in the file that it was made
// from or, if it was generated, in the kustomization that says so.
func Build(directory string) ([]manifest.Rendered, error) {
	if err := check(directory); err != nil {
		return nil, fmt.Errorf("-k %s: %w", directory, err)
	}
	local := &localFiles{FileSystem: filesys.MakeFsOnDisk(), directory: directory}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(local, directory)
	switch {
	case local.refused != nil:
		return nil, fmt.Errorf("-k %s: %w", directory, local.refused)
	case err != nil:
		return nil, fmt.Errorf("-k %s: kustomize: %w", directory, err)
	}
	b := &build{directory: directory, keepOrigins: local.ownOrigins, read: map[string]*manifest.Input{}}
	var all []manifest.Rendered
	for _, one := range built.Resources() {
		rendered, err := b.rendered(one)
		if err != nil {
			return nil, fmt.Errorf("-k %s: kustomize: %s: %w", directory, one.CurId(), err)
		}
		all = append(all, rendered)
	}
	return all, nil
}

// check finds what is no directory with a kustomization. The library would take its name for the
// address of a repository.
func check(directory string) error {
	info, err := os.Stat(directory)
	if path, is := errors.AsType[*os.PathError](err); is {
		return path.Err
	}
	if !info.IsDir() {
		return fmt.Errorf("is no directory: name the one that the kustomization is in, as -k %s", filepath.Dir(directory))
	}
	if kustomizationIn(directory) == "" {
		return fmt.Errorf("holds no %s", strings.Join(konfig.RecognizedKustomizationFileNames(), " or "))
	}
	return nil
}

func kustomizationIn(directory string) string {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		file := filepath.Join(directory, name)
		if info, err := os.Stat(file); err == nil && !info.IsDir() {
			return file
		}
	}
	return ""
}

// build is what is known of one build.
type build struct {
	directory string
	// keepOrigins says that the user has asked for the annotation.
	keepOrigins bool
	// read are the files that objects were made from.
	read map[string]*manifest.Input
}

func (b *build) rendered(one *resource.Resource) (r manifest.Rendered, err error) {
	origin, err := one.GetOrigin()
	if err != nil {
		return r, err
	}
	if !b.keepOrigins {
		if err := one.SetOrigin(nil); err != nil {
			return r, err
		}
	}
	if r.Text, err = one.MarshalJSON(); err != nil {
		return r, err
	}
	r.File = kustomizationIn(b.directory)
	switch {
	case origin == nil:
	case origin.Path != "":
		if file := filepath.Join(b.directory, origin.Path); b.from(&r, file, one) {
			r.File = file
		}
	case origin.ConfiguredIn != "":
		r.File = filepath.Join(b.directory, origin.ConfiguredIn)
	}
	return r, nil
}

// from finds the object in a file that another was made from: of its kind, and the only one, or with a
// name that is part of the other's, which may have a prefix and a suffix.
func (b *build) from(r *manifest.Rendered, file string, one *resource.Resource) bool {
	if b.read[file] == nil {
		b.read[file] = manifest.Read(nil, file)
	}
	var same []*manifest.Object
	for _, object := range b.read[file].Objects {
		if object.Kind == one.GetKind() && object.APIVersion == one.GetApiVersion() {
			same = append(same, object)
		}
	}
	if len(same) > 1 {
		same = slices.DeleteFunc(same, func(o *manifest.Object) bool { return !strings.Contains(one.GetName(), o.Name) })
		slices.SortStableFunc(same, func(x, y *manifest.Object) int { return len(y.Name) - len(x.Name) })
	}
	if len(same) == 0 {
		return false
	}
	r.From = same[0]
	return true
}
