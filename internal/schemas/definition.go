package schemas

import (
	"fmt"
	"maps"
	"strings"

	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/deploy"
)

// definition is the schema of a kind as its CustomResourceDefinition has it, which rejects what no
// field takes, as our own decoding does.
func definition(file, kind string) schema {
	document := struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema schema `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}{}
	text, err := deploy.Files.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(text, &document)
	}
	if err != nil { // the file is a part of the program
		panic(fmt.Sprintf("reading %s: %v", file, err))
	}
	root := document.Spec.Versions[0].Schema.OpenAPIV3Schema
	seal(root)
	properties := root["properties"].(schema)
	delete(properties, "status") // is written by Taffrail
	head(root, kind)
	return root
}

// head has a schema be that of a kind.
func head(root schema, kind string) {
	properties := root["properties"].(schema)
	properties["apiVersion"] = schema{"const": v1alpha1.GroupVersion.String(), "description": "The version of the API."}
	properties["kind"] = schema{"const": kind, "description": "The kind of the object."}
	properties["metadata"] = metadata()
	root["required"] = []string{"apiVersion", "kind", "metadata", "spec"}
}

// seal has each mapping with known fields reject all others, and takes out what only an API server
// understands.
func seal(node schema) {
	maps.DeleteFunc(node, func(key string, _ any) bool {
		return strings.HasPrefix(key, "x-kubernetes-") && key != preserve
	})
	_, open := node[preserve]
	delete(node, preserve)
	if properties, is := node["properties"].(schema); is {
		for _, property := range properties {
			seal(property.(schema))
		}
		if !open {
			node["additionalProperties"] = false
		}
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if inner, is := node[key].(schema); is {
			seal(inner)
		}
	}
}

const preserve = "x-kubernetes-preserve-unknown-fields"

// metadata is what people write of the metadata of an object. What a cluster adds passes.
func metadata() schema {
	texts := schema{"type": "object", "additionalProperties": schema{"type": "string"}}
	with := func(node schema, description string) schema {
		node = maps.Clone(node)
		node["description"] = description
		return node
	}
	return schema{
		"type":        "object",
		"description": "What names and describes the object.",
		"required":    []string{"name"},
		"properties": schema{
			"name":        schema{"type": "string", "minLength": 1, "description": "The name, which is unique in its kind and namespace."},
			"namespace":   schema{"type": "string", "description": "The namespace that the object is in."},
			"labels":      with(texts, "Labels, by which objects are selected."),
			"annotations": with(texts, "Annotations, for people and tools."),
		},
	}
}
