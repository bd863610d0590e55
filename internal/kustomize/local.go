package kustomize

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// localFiles are the files of a build, of which none comes from elsewhere. The library clones
// repositories and gets URLs; it reads each kustomization before it looks at what that names, so what
// is elsewhere is refused here.
type localFiles struct {
	filesys.FileSystem
	// directory is what is built.
	directory string
	// refused is why a kustomization was.
	refused error
	// begun says that the first kustomization has been read: the one that was asked for.
	begun bool
	// ownOrigins says that the user has asked for annotations that tell of origins.
	ownOrigins bool
}

// ReadFile reads a file. The first kustomization is asked to tell of the origins of all objects.
func (l *localFiles) ReadFile(name string) ([]byte, error) {
	data, err := l.FileSystem.ReadFile(name)
	if err != nil || !slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(name)) {
		return data, err
	}
	var k types.Kustomization
	if yaml.Unmarshal(data, &k) != nil {
		return data, nil //nolint:nilerr // the library says what is wrong with it
	}
	for _, named := range namedIn(&k) {
		if isElsewhere(named) {
			l.refused = fmt.Errorf("%s names %s, which is not fetched here: `kustomize build %s | taffrail check -` has it fetched", l.called(name), named, l.directory)
			return nil, l.refused
		}
	}
	if len(k.HelmCharts) > 0 || len(k.HelmChartInflationGenerator) > 0 {
		l.refused = fmt.Errorf("%s names Helm charts, which are not rendered here: `kustomize build --enable-helm %s | taffrail check -` has them rendered", l.called(name), l.directory)
		return nil, l.refused
	}
	if l.begun {
		return data, nil
	}
	l.begun = true
	if l.ownOrigins = slices.Contains(k.BuildMetadata, types.OriginAnnotations); l.ownOrigins {
		return data, nil
	}
	return withOrigins(data)
}

// called is a file as the user would call it: the library makes its path absolute.
func (l *localFiles) called(name string) string {
	root, _, err := l.CleanedAbs(l.directory)
	if err != nil {
		return name
	}
	below, err := filepath.Rel(root.String(), name)
	if err != nil {
		return name
	}
	return filepath.Join(l.directory, below)
}

func withOrigins(data []byte) ([]byte, error) {
	var fields map[string]any
	if err := yaml.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	if fields == nil {
		fields = map[string]any{}
	}
	options, _ := fields["buildMetadata"].([]any)
	fields["buildMetadata"] = append(slices.Clone(options), types.OriginAnnotations)
	return yaml.Marshal(fields)
}

// namedIn are all files and directories that a kustomization names.
func namedIn(k *types.Kustomization) []string {
	all := slices.Concat(k.Resources, k.Bases, //nolint:staticcheck // deprecated fields are built all the same
		k.Components, k.Crds, k.Configurations, k.Generators, k.Transformers, k.Validators)
	for _, patch := range k.Patches {
		all = append(all, patch.Path)
	}
	for _, patch := range k.PatchesJson6902 { //nolint:staticcheck // as above
		all = append(all, patch.Path)
	}
	for _, patch := range k.PatchesStrategicMerge { //nolint:staticcheck // as above
		all = append(all, string(patch))
	}
	for _, replacement := range k.Replacements {
		all = append(all, replacement.Path)
	}
	for _, generator := range k.ConfigMapGenerator {
		all = append(all, sourcesOf(generator.KvPairSources)...)
	}
	for _, generator := range k.SecretGenerator {
		all = append(all, sourcesOf(generator.KvPairSources)...)
	}
	return append(all, k.OpenAPI["path"])
}

func sourcesOf(s types.KvPairSources) []string {
	all := append(slices.Clone(s.EnvSources), s.EnvSource)
	for _, source := range s.FileSources {
		_, file, named := strings.Cut(source, "=")
		if !named {
			file = source
		}
		all = append(all, file)
	}
	return all
}

// isElsewhere tells whether the library would fetch what is named so. Some fields may hold YAML.
func isElsewhere(name string) bool {
	if name == "" || strings.Contains(name, "\n") {
		return false
	}
	for _, scheme := range []string{"http://", "https://"} {
		if strings.HasPrefix(strings.ToLower(name), scheme) {
			return true
		}
	}
	var nowhere *resource.Origin
	return nowhere.Append(name).Repo != "" // it is the address of a repository
}
