package guardrailtest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUnified(t *testing.T) {
	for name, test := range map[string]struct {
		before, after string
		want          []string
	}{
		"a line is another":            {"a b c", "a x c", []string{" a", "-b", "+x", " c"}},
		"a line is more":               {"a c", "a b c", []string{" a", "+b", " c"}},
		"a line is less":               {"a b c", "a c", []string{" a", "-b", " c"}},
		"all is another":               {"a", "b", []string{"-a", "+b"}},
		"what is far away is left out": {"a b c d e f g", "a b c d e f x", []string{" …", " d", " e", " f", "-g", "+x"}},
		"also between two": {
			"a 1 2 3 4 5 6 7 8 b", "x 1 2 3 4 5 6 7 8 y",
			[]string{"-a", "+x", " 1", " 2", " 3", " …", " 6", " 7", " 8", "-b", "+y"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			lines := func(text string) string { return strings.ReplaceAll(text, " ", "\n") + "\n" }
			assert.Equal(t, test.want, unified(lines(test.before), lines(test.after)))
		})
	}
}

func TestTheObjectIsComparedByWhatIsExpected(t *testing.T) {
	const pod = `{"metadata": {"name": "web", "labels": {"app": "web", "tier": "front"}},
		"spec": {"priority": 3, "containers": [{"name": "web", "args": ["a", "b"]}, {"name": "proxy"}]}}`
	same := map[string]map[string]any{
		"a field":                   {"metadata": map[string]any{"name": "web"}},
		"a label of several":        {"metadata": map[string]any{"labels": map[string]any{"app": "web"}}},
		"a number":                  {"spec": map[string]any{"priority": int64(3)}},
		"fields of items":           {"spec": map[string]any{"containers": []any{map[string]any{"name": "web"}, map[string]any{}}}},
		"what is not there":         {"metadata": map[string]any{"annotations": nil}},
		"nothing":                   {},
		"a mapping that is there":   {"metadata": map[string]any{}},
		"all items of a plain list": {"spec": map[string]any{"containers": []any{map[string]any{"args": []any{"a", "b"}}, map[string]any{}}}},
	}
	for name, expected := range same {
		t.Run(name, func(t *testing.T) {
			lines, err := compareObject(expected, []byte(pod))
			require.NoError(t, err)
			assert.Empty(t, lines)
		})
	}
	for name, test := range map[string]struct {
		expected map[string]any
		want     []string
	}{
		"another value":         {map[string]any{"metadata": map[string]any{"name": "db"}}, []string{" metadata:", "-  name: db", "+  name: web"}},
		"a field that is there": {map[string]any{"spec": map[string]any{"priority": nil}}, []string{" spec:", "-  priority: null", "+  priority: 3"}},
		"an item too few": {
			map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "web"}}}},
			[]string{" spec:", "   containers:", "   - name: web", "+  - name: proxy"},
		},
		"another type": {map[string]any{"metadata": "web"}, []string{"-metadata: web", "+metadata:", "+  labels:", "+    app: web", "+    tier: front", "+  name: web"}},
	} {
		t.Run(name, func(t *testing.T) {
			lines, err := compareObject(test.expected, []byte(pod))
			require.NoError(t, err)
			assert.Equal(t, test.want, lines)
		})
	}
}
