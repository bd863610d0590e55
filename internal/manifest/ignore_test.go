package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A comment is about its line or, where it stands alone, about the next that is no comment.
func TestIgnoreComments(t *testing.T) {
	const head = "apiVersion: v1\nkind: Pod\n"
	for name, test := range map[string]struct{ text, want string }{
		"none":                         {head, ""},
		"on the line":                  {head + "spec: {} # taffrail:ignore a: b\n", "3>3 a: b"},
		"above the line":               {head + "# taffrail:ignore a: b\nspec: {}\n", "3>4 a: b"},
		"above others":                 {head + "#taffrail:ignore a: b\n\n# why\n# taffrail:ignore c: d # e\nspec: {}\n", "3>7 a: b; 6>7 c: d # e"},
		"above and on":                 {head + "# taffrail:ignore a: b\nspec: {} # taffrail:ignore c: d\nx: {}\n", "3>4 a: b; 4>4 c: d"},
		"before the document":          {"# taffrail:ignore a: b\n---\n" + head, "1>3 a: b"},
		"in a later document":          {head + "---\n# taffrail:ignore a: b\n" + head, "4>5 a: b"},
		"at the end":                   {head + "# taffrail:ignore a: b\n", "3>3 a: b"},
		"Windows line ends":            {strings.ReplaceAll(head+"# taffrail:ignore a: b\nspec: {}\n", "\n", "\r\n"), "3>4 a: b"},
		"no comment":                   {head + "spec: {a: x#taffrail:ignore b}\n", ""},
		"not the mark":                 {head + "# taffrail:ignored a: b\nspec: {}\n", ""},
		"in a block of text":           {head + "data: |\n  # taffrail:ignore a: b\n\n  x\nspec: {} # taffrail:ignore c: d\n", "7>7 c: d"},
		"after a block in a list":      {head + "x:\n- a: |-\n    # taffrail:ignore a: b\n  b: c # taffrail:ignore c: d\n", "6>6 c: d"},
		"a folded block with a header": {head + "x: >2- # taffrail:ignore a: b\n   # taffrail:ignore c: d\n", "3>3 a: b"},
		"JSON":                         {`{"apiVersion":"v1","kind":"Pod","x":" # taffrail:ignore a: b"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			input := Read(strings.NewReader(test.text), "-")
			require.Empty(t, input.Errors)
			object := input.Objects[len(input.Objects)-1]
			var got []string
			for _, c := range *object.Ignores() {
				got = append(got, fmt.Sprintf("%d>%d%s", c.Line, c.About, c.Text))
			}
			assert.Equal(t, test.want, strings.Join(got, "; "))
			again := object.Ignores()
			assert.Same(t, again, object.Ignores(), "they are read once a document")
		})
	}
}
