package migrate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// document is an object as YAML, and what its file is called.
type document struct {
	file string
	text []byte
}

// documents are the Guardrails and Exemptions.
func (r *Result) documents() ([]document, error) {
	var all []document
	for i := range r.Objects.Guardrails {
		g := &r.Objects.Guardrails[i]
		text, err := written(g)
		if err != nil {
			return nil, err
		}
		all = append(all, document{"guardrail-" + g.Name + ".yaml", text})
	}
	for i := range r.Objects.Exemptions {
		e := &r.Objects.Exemptions[i]
		text, err := written(e)
		if err != nil {
			return nil, err
		}
		all = append(all, document{"exemption-" + e.Namespace + "-" + e.Name + ".yaml", text})
	}
	return all, nil
}

// written is an object as somebody would write it: without a status.
func written(object any) ([]byte, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("encoding an object: %w", err)
	}
	var content map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &content); err != nil {
		return nil, fmt.Errorf("reading an object back: %w", err)
	}
	delete(content, "status")
	if meta, is := content["metadata"].(map[string]any); is {
		delete(meta, "creationTimestamp")
	}
	return yaml.Marshal(content)
}

// WriteYAML writes all objects as one stream.
func (r *Result) WriteYAML(w io.Writer) error {
	all, err := r.documents()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for i, d := range all {
		if i > 0 {
			b.WriteString("---\n")
		}
		b.Write(d.text)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// WriteDirectory writes a file for each object, and a kustomization.yaml that names them. A file
// that is there is not overwritten: it may have been edited since.
func (r *Result) WriteDirectory(directory string) error {
	all, err := r.documents()
	if err != nil {
		return err
	}
	var names []string
	for _, d := range all {
		names = append(names, d.file)
	}
	kustomization, err := yaml.Marshal(map[string]any{
		"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": names,
	})
	if err != nil {
		return fmt.Errorf("writing the kustomization: %w", err)
	}
	all = append(all, document{"kustomization.yaml", kustomization})
	tests, err := r.testDocuments()
	if err != nil {
		return err
	}
	all = append(all, tests...)
	for _, below := range append([]string{directory}, testDirectory(directory, tests)...) {
		if err := os.MkdirAll(below, 0o755); err != nil {
			return err
		}
	}
	for _, d := range all {
		if _, err := os.Stat(filepath.Join(directory, d.file)); !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s is there already: name an empty directory", filepath.Join(directory, d.file))
		}
	}
	for _, d := range all {
		if err := os.WriteFile(filepath.Join(directory, d.file), d.text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// testDocuments are the GuardrailTests, for `taffrail test`.
func (r *Result) testDocuments() (all []document, err error) {
	taken := map[string]int{}
	for i := range r.Tests {
		text, err := written(&r.Tests[i])
		if err != nil {
			return nil, err
		}
		name := r.Tests[i].Metadata.Name
		if taken[name]++; taken[name] > 1 {
			name = fmt.Sprintf("%s-%d", name, taken[name])
		}
		all = append(all, document{filepath.Join("tests", name+".yaml"), text})
	}
	return all, nil
}

func testDirectory(directory string, tests []document) []string {
	if len(tests) == 0 {
		return nil
	}
	return []string{filepath.Join(directory, "tests")}
}
