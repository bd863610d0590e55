package guardrail

import (
	"bufio"
	"bytes"
	_ "embed" // for default.yaml
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/printable"
)

// Objects are Guardrails and Exemptions as they were written.
type Objects struct {
	Guardrails []v1alpha1.Guardrail
	Exemptions []v1alpha1.Exemption
}

//go:embed default.yaml
var defaultYAML []byte

// Default is the guardrail that serves when there are no files and no cluster.
func Default() Objects {
	objects, err := parse("default.yaml", defaultYAML)
	if err != nil {
		panic(err) // a test decodes it: this is a mistake in the program
	}
	return objects
}

// DefaultYAML is the file that Default is made of.
func DefaultYAML() []byte { return bytes.Clone(defaultYAML) }

// Load reads Guardrails and Exemptions from a file or from the YAML and JSON
// files below a directory. It lists every mistake, by file; when there is one,
// nothing is taken. Hidden files are left out: the kubelet keeps the former
// versions of a mounted ConfigMap in them.
func Load(path string) (Objects, error) {
	files, err := filesAt(path)
	if err != nil {
		return Objects{}, err
	}
	var all Objects
	var mistakes []error
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			mistakes = append(mistakes, printable.Error(fmt.Errorf("reading guardrails: %w", err)))
			continue
		}
		objects, err := parse(file, data)
		if err != nil {
			mistakes = append(mistakes, err)
		}
		all.Guardrails = append(all.Guardrails, objects.Guardrails...)
		all.Exemptions = append(all.Exemptions, objects.Exemptions...)
	}
	if len(mistakes) == 0 && len(all.Guardrails) == 0 {
		mistakes = append(mistakes, printable.Error(fmt.Errorf(
			"%s holds no Guardrail, so nothing would be enforced; see deploy/guardrails for some to start from", path)))
	}
	if len(mistakes) > 0 {
		return Objects{}, errors.Join(mistakes...)
	}
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

// parse reads the documents of one file.
func parse(file string, data []byte) (Objects, error) {
	var objects Objects
	var mistakes []error
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for n := 1; ; n++ {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = objects.decode(document)
		}
		if err != nil {
			for _, mistake := range flatten(err) {
				mistakes = append(mistakes, printable.Error(fmt.Errorf("%s, document %d: %w", file, n, mistake)))
			}
		}
	}
	return objects, errors.Join(mistakes...)
}

func (o *Objects) decode(document []byte) error {
	raw, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		text := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
		return errors.New(strings.ReplaceAll(text, "\n ", "")) // its own line breaks: it quotes what it repeats
	}
	if string(raw) == "null" {
		return nil
	}
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &head); err != nil {
		return fmt.Errorf("must be an object: %w", err)
	}
	if head.APIVersion != v1alpha1.GroupVersion.String() {
		return fmt.Errorf("apiVersion: must be %s, is %q", v1alpha1.GroupVersion, head.APIVersion)
	}
	switch head.Kind {
	case "Guardrail":
		return decodeStrictly(raw, &o.Guardrails)
	case "Exemption":
		return decodeStrictly(raw, &o.Exemptions)
	default:
		return fmt.Errorf("kind: must be Guardrail or Exemption, is %q", head.Kind)
	}
}

func decodeStrictly[T any](raw []byte, list *[]T) error {
	var object T
	strict, err := kjson.UnmarshalStrict(raw, &object)
	if err != nil {
		return err
	}
	if len(strict) > 0 {
		return errors.Join(strict...)
	}
	*list = append(*list, object)
	return nil
}
