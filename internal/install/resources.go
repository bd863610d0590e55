package install

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/deploy"
)

// kustomization is what a kustomization says of objects. What it does to those of
// others, this package does in Go.
type kustomization struct {
	Resources          []string    `json:"resources"`
	ConfigMapGenerator []generator `json:"configMapGenerator"`
}

// generator makes a ConfigMap of files.
type generator struct {
	Name      string   `json:"name"`
	Namespace string   `json:"namespace"`
	Files     []string `json:"files"` // key=file
	Options   struct {
		Labels map[string]string `json:"labels"`
	} `json:"options"`
}

// resources are the objects that the kustomization of a folder of deploy lists,
// in its order. The folder is part of the program, and tests read all of it: what
// is wrong there is a mistake in the program.
func resources(folder string) []*unstructured.Unstructured {
	var k kustomization
	if err := yaml.Unmarshal(read(folder, "kustomization.yaml"), &k); err != nil {
		panic(fmt.Errorf("reading the kustomization of deploy/%s: %w", folder, err))
	}
	var all []*unstructured.Unstructured
	for _, resource := range k.Resources {
		if path.Ext(resource) == "" {
			all = append(all, resources(path.Join(folder, resource))...)
			continue
		}
		objects, err := decode(read(folder, resource))
		if err != nil {
			panic(fmt.Errorf("reading deploy/%s/%s: %w", folder, resource, err))
		}
		all = append(all, objects...)
	}
	for _, g := range k.ConfigMapGenerator {
		all = append(all, g.configMap(folder))
	}
	return all
}

func (g *generator) configMap(folder string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetAPIVersion("v1")
	object.SetKind("ConfigMap")
	object.SetName(g.Name)
	object.SetNamespace(g.Namespace)
	object.SetLabels(g.Options.Labels)
	data := map[string]any{}
	for _, file := range g.Files {
		key, name, _ := strings.Cut(file, "=")
		data[key] = string(read(folder, name))
	}
	object.Object["data"] = data
	return object
}

func read(folder, file string) []byte {
	content, err := deploy.Files.ReadFile(path.Join(folder, file))
	if err != nil {
		panic(err)
	}
	return content
}

func decode(content []byte) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	documents := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := documents.Decode(object)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, object)
	}
}
