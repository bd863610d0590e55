package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every form that a manifest can have tells the line and column of each field: as a whole file, after
// another document, as an item of a List, with Windows' line ends, and after a byte order mark.
func TestPlacesInEveryFormOfAManifest(t *testing.T) {
	const image = "/spec/containers/0/image"
	forms := map[string]struct {
		text    string // of one document
		pointer string
		at      string // in it
	}{
		"block":                       {"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n      image: b\n", image, "6:7"},
		"lists at their key":          {"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: b\n", image, "5:5"},
		"flow":                        {"apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: b}]}\n", image, "3:31"},
		"flow of several lines":       {"apiVersion: v1\nkind: Pod\nspec: {\n  containers: [\n    {name: a,\n     image: b}]}\n", image, "6:6"},
		"quoted keys":                 {"\"apiVersion\": v1\n'kind': Pod\n\"spec\":\n  'containers':\n  - \"image\": b\n", image, "5:5"},
		"an explicit key":             {"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - ? image\n    : b\n", image, "5:7"},
		"an alias":                    {"apiVersion: v1\nkind: Pod\nmetadata: &m\n  image: b\nspec:\n  containers:\n  - *m\n", image, "4:3"},
		"the item that is an alias":   {"apiVersion: v1\nkind: Pod\nmetadata: &m\n  image: b\nspec:\n  containers:\n  - *m\n", "/spec/containers/0", "7:5"},
		"an anchor":                   {"apiVersion: v1\nkind: Pod\nspec: &s\n  containers: &c\n  - &i\n    image: &b b\n", image, "6:5"},
		"a merge key":                 {"apiVersion: v1\nkind: Pod\nmetadata: &m {image: b}\nspec:\n  containers:\n  - <<: *m\n    name: a\n", image, "3:15"},
		"a merge key that is covered": {"apiVersion: v1\nkind: Pod\nmetadata: &m {image: b}\nspec:\n  containers:\n  - <<: *m\n    image: a\n", image, "7:5"},
		"a merge of merges":           {"apiVersion: v1\nkind: Pod\nx: &x\n  image: b\ny: &y\n  <<: *x\nspec:\n  containers:\n  - <<: *y\n", image, "4:3"},
		"after a block of text":       {"apiVersion: v1\nkind: Pod\nx: |\n  ---x\n  image: c\nspec:\n  containers:\n  - image: b\n", image, "8:5"},
		"after letters of many bytes": {"apiVersion: v1\nkind: Pod\nspec: {x: äöü😀, containers: [{image: b}]}\n", image, "3:31"},
		"comments between":            {"# a\napiVersion: v1\nkind: Pod # b\n\nspec:\n  # c\n  containers:\n\n  - image: b\n", image, "9:5"},
		"a key that is there twice":   {"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: a\n    image: b\n", image, "6:5"},
		"what is missing in an item":  {"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n", "/spec/containers/0/resources/limits/memory", "5:5"},
		"what is missing at all":      {"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", "/spec/containers/0", "1:1"},
		"below a null":                {"apiVersion: v1\nkind: Pod\nspec: ~\n", image, "3:1"},
		"JSON in lines":               {"{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"spec\": {\n    \"containers\": [\n      {\"image\": \"b\"}\n    ]\n  }\n}\n", image, "6:8"},
		"JSON with escapes":           {"{\n \"apiVersion\": \"v1\", \"kind\": \"Pod\",\n \"x\": \"\\u00e4\\/\\ud83d\\ude00\\\\\", \"spec\": {\"containers\": [{\"image\": \"b\"}]}}\n", image, "3:58"},
	}
	contexts := map[string]struct {
		wrap        func(text string) string
		line, shift int // how much further down and to the right
	}{
		"alone":                  {func(s string) string { return s }, 0, 0},
		"after documents":        {func(s string) string { return "# a\na: b\n---\n---\n{\"a\": \"b\"}\n...\n---\n" + s }, 7, 0},
		"before a document":      {func(s string) string { return s + "---\napiVersion: v1\nkind: Secret\n" }, 0, 0},
		"with a byte order mark": {func(s string) string { return "\ufeff" + s }, 0, 0},
		"Windows line ends":      {func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }, 0, 0},
		"an item of a List": {func(s string) string {
			return "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret}\n-\n  " + strings.TrimRight(strings.ReplaceAll(s, "\n", "\n  "), " ")
		}, 5, 2},
	}
	for form, f := range forms {
		for context, c := range contexts {
			if form == "JSON with escapes" && context == "an item of a List" {
				continue // which is YAML, that has no such escapes
			}
			t.Run(form+"/"+context, func(t *testing.T) {
				var line, column int
				_, err := fmt.Sscanf(f.at, "%d:%d", &line, &column)
				require.NoError(t, err)
				text := c.wrap(f.text)
				var object *Object
				for _, one := range Read(strings.NewReader(text), "-").Objects {
					if one.Kind == "Pod" {
						object = one
					}
				}
				require.NotNil(t, object, text)
				gotLine, gotColumn := object.PositionAt(f.pointer)
				assert.Equal(t, fmt.Sprintf("%d:%d", line+c.line, column+c.shift), fmt.Sprintf("%d:%d", gotLine, gotColumn), text)
			})
		}
	}
}
