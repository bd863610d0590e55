package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/deploy"
)

var definitions = Check{
	Name:    "definitions",
	Summary: "the definitions of Guardrail and Exemption are those of this version",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		if i.fromFiles(ctx) {
			return nil, nil
		}
		var found []Finding
		var errs []error
		for _, name := range definitionNames {
			there := definition()
			if err := i.Client.Get(ctx, client.ObjectKey{Name: name}, there); err != nil {
				errs = append(errs, err)
				continue
			}
			brought, err := broughtAlong(name)
			if err != nil {
				return nil, err
			}
			if path := lacks(schemas(there), schemas(brought), ""); path != "" {
				found = append(found, Finding{
					Warn, "it is older than this program: it lacks, or has otherwise, " + path, "CustomResourceDefinition " + name,
					install + "; Guardrails and Exemptions stay",
				})
			}
		}
		return found, errors.Join(errs...)
	},
}

func broughtAlong(name string) (*unstructured.Unstructured, error) {
	resource, group, _ := strings.Cut(name, ".")
	content, err := deploy.Files.ReadFile("crds/" + group + "_" + resource + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("read the definition %s that this program brings along: %w", name, err)
	}
	object := &unstructured.Unstructured{}
	return object, yaml.Unmarshal(content, &object.Object)
}

// schemas are the schemas of a definition by version.
func schemas(definition *unstructured.Unstructured) map[string]any {
	all := map[string]any{}
	versions, _, _ := unstructured.NestedSlice(definition.Object, "spec", "versions")
	for _, v := range versions {
		if v, ok := v.(map[string]any); ok {
			all[fmt.Sprint(v["name"])] = v["schema"]
		}
	}
	return all
}

// lacks answers the first path at which something is missing, or is otherwise.
// What is there besides is a newer version's.
func lacks(there, brought any, path string) string {
	want, isMap := brought.(map[string]any)
	have, _ := there.(map[string]any)
	if !isMap {
		if normal(there) == normal(brought) {
			return ""
		}
		return path
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if key == "description" {
			continue // a word does not change what is served
		}
		if missing := lacks(have[key], want[key], path+"."+key); missing != "" {
			return missing
		}
	}
	return ""
}

// normal: YAML and JSON read numbers differently.
func normal(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		return value
	}
	return string(text)
}
