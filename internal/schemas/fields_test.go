package schemas

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const enumMarker = "+kubebuilder:validation:Enum="

// TestFieldsGolden: what editors show of a GuardrailTest is what its comments say.
func TestFieldsGolden(t *testing.T) {
	const file = "guardrailtest_fields.json"
	found := map[string]map[string]field{}
	source, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/guardrailtest_types.go", nil, parser.ParseComments)
	require.NoError(t, err)
	ast.Inspect(source, func(node ast.Node) bool {
		spec, is := node.(*ast.TypeSpec)
		if !is {
			return true
		}
		if of, is := spec.Type.(*ast.StructType); is {
			found[spec.Name.Name] = fieldsOf(of)
		}
		return false
	})
	want, err := json.MarshalIndent(found, "", " ")
	require.NoError(t, err)
	want = append(want, '\n')
	if *update {
		require.NoError(t, os.WriteFile(file, want, 0o644))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "`make generate` writes %s anew", file)
}

func fieldsOf(of *ast.StructType) map[string]field {
	fields := map[string]field{}
	for _, f := range of.Fields.List {
		name, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
		if len(f.Names) == 0 || name == "" {
			continue
		}
		var said field
		for line := range strings.Lines(f.Doc.Text()) {
			line = strings.TrimSpace(line)
			if words, is := strings.CutPrefix(line, enumMarker); is {
				said.Enum = strings.Split(words, ";")
			} else if !strings.HasPrefix(line, "+") {
				said.Doc += " " + line
			}
		}
		said.Doc = strings.TrimSpace(said.Doc)
		fields[name] = said
	}
	return fields
}
