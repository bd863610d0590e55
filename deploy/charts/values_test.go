package charts

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	yamlv3 "go.yaml.in/yaml/v3"
)

// A value is a line of the README's table.
type value struct{ name, standard, doc string }

// values reads them from values.yaml, with what stands above each.
func values(t *testing.T) []value {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(chart, "values.yaml"))
	require.NoError(t, err)
	var document yamlv3.Node
	require.NoError(t, yamlv3.Unmarshal(content, &document))
	return under(t, "", document.Content[0])
}

func under(t *testing.T, prefix string, mapping *yamlv3.Node) []value {
	t.Helper()
	var all []value
	for i := 0; i < len(mapping.Content); i += 2 {
		key, node := mapping.Content[i], mapping.Content[i+1]
		name := prefix + key.Value
		// What is set as a whole has its comment above it; of a group, each has its own.
		if node.Kind == yamlv3.MappingNode && key.HeadComment == "" {
			all = append(all, under(t, name+".", node)...)
			continue
		}
		var decoded any
		require.NoError(t, node.Decode(&decoded))
		standard, err := json.Marshal(decoded)
		require.NoError(t, err)
		// Only what follows the last blank line is about this value.
		paragraphs := strings.Split(key.HeadComment, "\n\n")
		doc := strings.ReplaceAll(strings.TrimPrefix(paragraphs[len(paragraphs)-1], "# "), "\n# ", " ")
		assert.NotEmpty(t, doc, "%s has a comment", name)
		all = append(all, value{name, string(standard), doc})
	}
	return all
}

const begin, end = "<!-- Written by make generate from values.yaml. -->\n", "<!-- End of what is generated. -->\n"

func TestGoldenREADME(t *testing.T) {
	file := filepath.Join(chart, "README.md")
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(content), begin)
	require.True(t, found)
	_, after, found := strings.Cut(rest, end)
	require.True(t, found)
	table := "| value | left out | what it does |\n|---|---|---|\n"
	for _, v := range values(t) {
		table += fmt.Sprintf("| `%s` | `%s` | %s |\n", v.name, v.standard, v.doc)
	}
	golden(t, file, before+begin+table+end+after)
}

// schema is what we look at of values.schema.json.
type schema struct {
	Description          string
	AdditionalProperties any
	Properties           map[string]schema
}

// A value that the schema does not know is refused, and one that values.yaml does
// not have is found by nobody.
func TestTheSchemaHasTheValues(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(chart, "values.schema.json"))
	require.NoError(t, err)
	var root schema
	require.NoError(t, json.Unmarshal(content, &root))
	delete(root.Properties, "global")

	var names []string
	for _, v := range values(t) {
		names = append(names, v.name)
	}
	assert.ElementsMatch(t, names, leaves(t, "", root))
}

func leaves(t *testing.T, prefix string, s schema) []string {
	t.Helper()
	assert.Equal(t, false, s.AdditionalProperties, "what %s may have is listed", cmp.Or(prefix, "the root"))
	var all []string
	for name, property := range s.Properties {
		if property.Description == "" {
			all = append(all, leaves(t, prefix+name+".", property)...)
			continue
		}
		all = append(all, prefix+name)
	}
	return all
}

// The chart installs the image that the other ways install.
func TestTheChartIsOfThisVersion(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(chart, "Chart.yaml"))
	require.NoError(t, err)
	var meta struct {
		Version    string
		AppVersion string `yaml:"appVersion"`
	}
	require.NoError(t, yamlv3.Unmarshal(content, &meta))
	assert.Contains(t, source(t, "base/deployment.yaml"), "image: taffrail:"+meta.AppVersion+" ")
	assert.Equal(t, meta.AppVersion, "v"+meta.Version)
}
