package reference

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
)

const apiIntro = generated + `
# Guardrail, Exemption, NamespaceKit and GuardrailTest

What you write, field by field. ` + "`kubectl explain guardrail.spec`" + ` says the same in a cluster, which knows no GuardrailTest: that is a file for ` + "`taffrail test`" + `. The names of checks and defaults, and their parameters, are in [the catalogue](README.md); rules in CEL have [a page of their own](../rules.md), and so have [mutations](../mutations.md) and [NamespaceKits](../kits.md).
`

var apiKinds = []string{"guardrail", "exemption", kitKind, testKind}

// kitKind is the kind that is not installed unless asked.
const kitKind = "namespacekit"

// testKind is the kind that no cluster knows: its fields are those of its type.
const testKind = "guardrailtest"

// TestAPIPageGolden: the page of the API is what its types say, with examples that compile.
func TestAPIPageGolden(t *testing.T) {
	var b strings.Builder
	b.WriteString(apiIntro)
	for _, kind := range apiKinds {
		writeKind(t, &b, kind)
	}
	file := filepath.Join(docs, "reference", "api.md")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err, "`make generate` writes it")
	assert.Equal(t, b.String(), string(got), "`make generate` writes %s anew", file)
}

func TestTheExamplesOfTheAPICompile(t *testing.T) {
	objects, err := files.Load("testdata/api")
	require.NoError(t, err)
	require.Len(t, objects.Guardrails, 1)
	require.Len(t, objects.Exemptions, 1)
	created := time.Date(2027, 3, 15, 0, 0, 0, 0, time.UTC)
	set, err := guardrail.Compile(objects, guardrail.Options{Now: func() time.Time { return created }})
	require.NoError(t, err)
	assert.Empty(t, set.Warnings(), "both hold, together")
}

// A field without an example is one that nobody dares to use.
func TestEveryFieldOfTheAPIHasAnExample(t *testing.T) {
	for _, kind := range apiKinds {
		root := definition(t, kind)
		example := exampleOf(t, kind)
		for _, f := range fieldsOf("spec", root.Properties["spec"], example["spec"]) {
			assert.NotEmpty(t, f.example, "%s: give %s a value in testdata/api/%s.yaml", kind, f.path, kind)
		}
	}
}

// fieldSchema is what the definition of a kind says of a field. controller-gen writes it from the
// types.
type fieldSchema struct {
	Type        string
	Description string
	Default     any
	Enum        []any
	Required    []string
	Properties  map[string]fieldSchema
	Items       *fieldSchema
}

func definition(t *testing.T, kind string) fieldSchema {
	t.Helper()
	if kind == testKind {
		return typesOf(t, "../../api/v1alpha1").schema("GuardrailTest")
	}
	file := fmt.Sprintf("../../deploy/crds/taffrail.dev_%ss.yaml", kind)
	if kind == kitKind {
		file = "../../deploy/components/kits/namespacekits.yaml"
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct{ OpenAPIV3Schema fieldSchema }
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &crd))
	require.Len(t, crd.Spec.Versions, 1)
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema
}

func exampleOf(t *testing.T, kind string) (example map[string]any) {
	t.Helper()
	text, err := os.ReadFile("testdata/api/" + kind + ".yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &example))
	return example
}

// apiField is a row.
type apiField struct {
	path, kind, about, example string
	required                   bool
}

// kubernetes are fields of Kubernetes' own types, whose words are about the whole of Kubernetes.
var kubernetes = map[string]string{
	"spec.match.matchConditions[].name":       "Name of the condition, in messages and metrics.",
	"spec.match.matchConditions[].expression": "Must be true for the Guardrail to hold. Sees object, oldObject, request and namespaceObject.",
	"spec.rules[].resources[].apiGroups":      "API groups; `\"\"` is the core group, `*` all.",
	"spec.rules[].resources[].apiVersions":    "Versions; `*` is all.",
	"spec.rules[].resources[].resources":      "Resources by their plural names; `pods/ephemeralcontainers` is a subresource, `*` all resources, `*/*` all with their subresources.",
	"spec.rules[].resources[].operations":     "CREATE, UPDATE, DELETE, CONNECT, or `*` for all.",
	"spec.rules[].resources[].scope":          "Cluster, Namespaced, or `*` for both.",
	"spec.rules[].variables[].name":           "Name of the variable.",
	"spec.rules[].variables[].expression":     "Its value; may use the variables before it.",

	"spec.mutations[].matchConditions[].name":        "Name of the condition, in warnings.",
	"spec.mutations[].matchConditions[].expression":  "Must be true for the object to be mutated. Sees object, oldObject, request and namespaceObject.",
	"spec.mutations[].resources[].apiGroups":         "API groups; `\"\"` is the core group, `*` all.",
	"spec.mutations[].resources[].apiVersions":       "Versions; `*` is all.",
	"spec.mutations[].resources[].resources":         "Resources by their plural names, and subresources where they are named.",
	"spec.mutations[].resources[].operations":        "CREATE and UPDATE, one or both.",
	"spec.mutations[].resources[].scope":             "Cluster, Namespaced, or `*` for both.",
	"spec.mutations[].variables[].name":              "Name of the variable.",
	"spec.mutations[].variables[].expression":        "Its value; may use the variables before it.",
	"spec.mutations[].applyConfiguration.expression": "Yields an `Object`, as in a MutatingAdmissionPolicy. Sees object, oldObject, request, namespaceObject and variables.",
	"spec.mutations[].jsonPatch.expression":          "Yields a list of `JSONPatch`, as in a MutatingAdmissionPolicy. Sees the same.",
}

// fieldsOf are the fields below one, from left to right and from top to bottom. Selectors of labels
// are Kubernetes' own, and known.
func fieldsOf(path string, s fieldSchema, example any) (all []apiField) {
	if s.Items != nil && len(s.Items.Properties) > 0 {
		s, path = *s.Items, path+"[]"
		example = together(example)
	}
	values, _ := example.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		of := s.Properties[name]
		field := apiField{
			path: path + "." + name, kind: typeOf(of), about: describe(of), example: inOneLine(values[name]),
			required: slices.Contains(s.Required, name),
		}
		if text, own := kubernetes[field.path]; own {
			field.about = text
		}
		all = append(all, field)
		if !isSelector(of) {
			all = append(all, fieldsOf(field.path, of, values[name])...)
		}
	}
	return all
}

// together are the fields of all items of a list, each as the first item has it that has one: what
// excludes each other is in several.
func together(list any) map[string]any {
	all := map[string]any{}
	items, _ := list.([]any)
	for _, item := range items {
		addTo(all, item)
	}
	return all
}

func addTo(all map[string]any, item any) {
	fields, _ := item.(map[string]any)
	for name, value := range fields {
		switch known := all[name].(type) {
		case nil:
			all[name] = value
		case map[string]any:
			merged := maps.Clone(known)
			addTo(merged, value)
			all[name] = merged
		}
	}
}

func isSelector(s fieldSchema) bool {
	_, is := s.Properties["matchExpressions"]
	return is
}

func typeOf(s fieldSchema) string {
	switch {
	case isSelector(s):
		return "label selector"
	case s.Items != nil:
		return "list of " + s.Items.Type + "s"
	default:
		return s.Type
	}
}

func describe(s fieldSchema) string {
	about := strings.Join(strings.Fields(s.Description), " ")
	if len(s.Enum) > 0 {
		about += fmt.Sprintf(" One of %s.", strings.Trim(strings.Join(strings.Fields(fmt.Sprint(s.Enum)), ", "), "[]"))
	}
	if s.Default != nil {
		about += fmt.Sprintf(" Default: `%v`.", s.Default)
	}
	return strings.TrimSpace(about)
}

// inOneLine is a value as YAML in one line, or nothing for one that has rows of its own.
func inOneLine(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case map[string]any:
		var members []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			members = append(members, name+": "+inOneLine(v[name]))
		}
		return "{" + strings.Join(members, ", ") + "}"
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, inOneLine(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

func writeKind(t *testing.T, b *strings.Builder, kind string) {
	t.Helper()
	root := definition(t, kind)
	about, _, _ := strings.Cut(root.Description, "\n\n")
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n", exampleOf(t, kind)["kind"], strings.Join(strings.Fields(about), " "))
	text, err := os.ReadFile("testdata/api/" + kind + ".yaml")
	require.NoError(t, err)
	fmt.Fprintf(b, "```yaml\n%s```\n\n| field | type | | in the example |\n|---|---|---|---|\n", text)
	for _, f := range fieldsOf("spec", root.Properties["spec"], exampleOf(t, kind)["spec"]) {
		example := ""
		if !strings.HasPrefix(f.example, "{") && !strings.HasPrefix(f.example, "[{") || f.kind == "label selector" {
			example = "`" + strings.ReplaceAll(f.example, "|", `\|`) + "`"
		}
		about := f.about
		if _, own := kubernetes[f.path]; !own {
			about = escape(about)
		}
		if f.required {
			about = "**Required.** " + about
		}
		row(b, "`"+f.path+"`", f.kind, about, example)
	}
	if kind == testKind {
		return
	}
	fmt.Fprint(b, "\nTaffrail writes the status:\n\n| field | type | |\n|---|---|---|\n")
	for _, f := range fieldsOf("status", root.Properties["status"], nil) {
		if !strings.HasPrefix(f.path, "status.conditions[]") {
			row(b, "`"+f.path+"`", f.kind, escape(f.about))
		}
	}
}
