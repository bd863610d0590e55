package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/workload"
)

func TestADiffIsOfTheLinesThatChange(t *testing.T) {
	const text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: {a: b}\n"
	at := func(what string) int { return strings.Index(text, what) }
	for name, c := range map[string]struct {
		start, end int
		text       string
		want       *Diff
	}{
		"a value":            {at("web"), at("web") + 3, "api", &Diff{4, []string{"  name: web"}, []string{"  name: api"}}},
		"a line is put in":   {at("  labels"), at("  labels"), "  namespace: shop\n", &Diff{5, []string{}, []string{"  namespace: shop"}}},
		"a line is added":    {len(text), len(text), "spec: {}\n", &Diff{6, nil, []string{"spec: {}"}}},
		"behind the last":    {len(text) - 1, len(text) - 1, "\nspec: {}", &Diff{6, []string{}, []string{"spec: {}"}}},
		"a line is taken":    {at("  labels"), len(text), "", &Diff{5, []string{"  labels: {a: b}"}, nil}},
		"too many lines":     {at("metadata"), len(text), "a\nb\nc\n", nil},
		"a long line":        {at("web"), at("web") + 3, strings.Repeat("a", 300), nil},
		"within a line":      {at("{a: b}"), at("{a: b}") + 6, "{}", &Diff{5, []string{"  labels: {a: b}"}, []string{"  labels: {}"}}},
		"several into a few": {at("web"), at("web") + 3, "web\n  namespace: shop", &Diff{5, []string{}, []string{"  namespace: shop"}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, prefix := range []string{"", "---\nkind: List\napiVersion: v1\n---\n"} {
				input := Read(strings.NewReader(prefix+text), "-")
				object := input.Objects[len(input.Objects)-1]
				shift := strings.Index(string(object.Text()), text)
				diff := object.Diff([]Replacement{object.replacement(shift+c.start, shift+c.end, c.text)}, 4)
				if c.want == nil {
					assert.Nil(t, diff)
					continue
				}
				want := *c.want
				want.Line += strings.Count(prefix, "\n")
				assert.Equal(t, want.Line, diff.Line)
				assert.Equal(t, strings.Join(want.Removed, "\n"), strings.Join(diff.Removed, "\n"))
				assert.Equal(t, strings.Join(want.Added, "\n"), strings.Join(diff.Added, "\n"))
			}
		})
	}
}

func TestSeveralReplacementsMakeOneDiff(t *testing.T) {
	object := readOne(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\n")
	text := string(object.Text())
	name, namespace := strings.Index(text, "web"), strings.Index(text, "shop")
	diff := object.Diff([]Replacement{object.replacement(name, name+3, "api"), object.replacement(namespace, namespace+4, "other")}, 2)
	assert.Equal(t, &Diff{3, []string{"metadata: {name: web, namespace: shop}"}, []string{"metadata: {name: api, namespace: other}"}}, diff)
}

// Each finding with a fix looks through the whole document, so a long List would take for ever.
func TestTheReplacementsInALongDocumentAreBounded(t *testing.T) {
	object := readOne(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n#"+strings.Repeat(" long", 1<<20)+"\n")
	patch := []workload.Operation{{Op: "replace", Path: "/metadata/name", Value: "api"}}
	some, err := object.Replacements(patch)
	require.NoError(t, err)
	assert.Equal(t, Span{3, 18, 3, 21}, some[0].Span)
	assert.Equal(t, "api", some[0].New)
	for range 10 {
		_, err = object.Replacements(patch)
	}
	assert.ErrorContains(t, err, "more to fix than is shown")
}
