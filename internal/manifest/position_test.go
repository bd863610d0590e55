package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/workload"
)

func TestPosition(t *testing.T) {
	root := (*workload.Path)(nil)
	image := func(i int) *workload.Path { return root.Child("spec", "containers").Item(i, "").Child("image") }
	for name, test := range map[string]struct {
		text string
		path *workload.Path
		at   string
	}{
		"the object":            {"# x\napiVersion: v1\nkind: Pod", nil, "2:1"},
		"a key":                 {"apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: true", root.Child("spec", "hostNetwork"), "4:3"},
		"a key in a list":       {"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: b", image(0), "6:5"},
		"an item":               {"apiVersion: v1\nkind: Pod\nspec:\n  x:\n  - a\n  -  b", root.Child("spec", "x").Item(1, "b"), "6:6"},
		"the nearest parent":    {"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a", image(0).Child("x"), "5:5"},
		"no such item":          {"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a", image(1), "4:3"},
		"null has no members":   {"apiVersion: v1\nkind: Pod\nspec:", root.Child("spec", "a"), "3:1"},
		"a key with a slash":    {"apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    a.b/c~d: x", root.Child("metadata", "labels").Key("a.b/c~d"), "5:5"},
		"a later document":      {"{apiVersion: v1, kind: Pod}\n---\napiVersion: v1\nkind: Pod\nspec: {a: b}", root.Child("spec", "a"), "5:8"},
		"through an alias":      {"apiVersion: v1\nkind: Pod\nx: &x\n  a: b\nspec: *x", root.Child("spec", "a"), "4:3"},
		"through a merge":       {"apiVersion: v1\nkind: Pod\nx: &x\n  a: b\nspec:\n  <<: *x\n  c: d", root.Child("spec", "a"), "4:3"},
		"through merges":        {"apiVersion: v1\nkind: Pod\nx: &x {}\ny: &y\n  a: b\nspec:\n  <<: [*x, *y]\n", root.Child("spec", "a"), "5:3"},
		"its own over a merged": {"apiVersion: v1\nkind: Pod\nx: &x\n  a: b\nspec:\n  <<: *x\n  a: d", root.Child("spec", "a"), "7:3"},
		"Windows line ends":     {"apiVersion: v1\r\nkind: Pod\r\nspec:\r\n  hostNetwork: true", root.Child("spec", "hostNetwork"), "4:3"},
		"JSON":                  {"{\n\t\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n\t\"a\": \"\\\\\\/\\ud83d\\ude00\", \"spec\": {\"a\": 1}}", root.Child("spec", "a"), "3:36"},
		"JSON in the same line": {`{"apiVersion":"v1","kind":"Service"} {"apiVersion":"v1","kind":"Pod","spec":{"a":1}}`, root.Child("spec", "a"), "1:78"},
		"letters, not bytes":    {`{"apiVersion": "v1", "kind": "Pod", "x": "äöü", "spec": {"a": 1}}`, root.Child("spec", "a"), "1:58"},
		"an item of a List":     {"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: X\n- apiVersion: v1\n  kind: Pod\n  spec: {a: b}", root.Child("spec", "a"), "8:10"},
		"not outside the item":  {"apiVersion: v1\nkind: PodList\nmetadata: {}\nitems:\n- spec: {}", root.Child("metadata", "name"), "5:3"},
	} {
		t.Run(name, func(t *testing.T) {
			input := Read(strings.NewReader(test.text), "-")
			require.Empty(t, input.Errors)
			require.NotEmpty(t, input.Objects)
			line, column := input.Objects[len(input.Objects)-1].Position(test.path)
			assert.Equal(t, test.at, fmt.Sprintf("%d:%d", line, column))
		})
	}
}
