package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A test marks what it expects in the text itself.
func TestTheSpanOfAValue(t *testing.T) {
	const begin, end = "«", "»"
	for name, c := range map[string]struct{ text, pointer, missing string }{
		"plain":             {"a:\n  b: «one»\n", "/a/b", ""},
		"plain, a comment":  {"a:\n  b: «one two» # three\n", "/a/b", ""},
		"plain, two lines":  {"a: «one\n  two»\nb: 1\n", "/a", ""},
		"plain, flow":       {"a: {b: «one», c: 2}\n", "/a/b", ""},
		"double quotes":     {"a: «\"o\\\"n # e\"» # c\n", "/a", ""},
		"single quotes":     {"a: «'o''n # e'» # c\n", "/a", ""},
		"a block":           {"a: «|\n  one\n\n  two»\n\nb: 1\n", "/a", ""},
		"a folded block":    {"a: «>-\n  one»\nb: 1\n", "/a", ""},
		"a list in line":    {"a: «[1, \"]\", it's]» # c\n", "/a", ""},
		"a map in line":     {"a: «{b: [1, {c: '}'}] # }\n  }»\nd: 1\n", "/a", ""},
		"an item":           {"a:\n- 1\n- «two»\n", "/a/1", ""},
		"an alias":          {"b: &x {c: 1}\na: «*x»\n", "/a", ""},
		"within an alias":   {"b: &x {c: «1»}\na: *x\n", "/a/c", ""},
		"merged":            {"b: &x {c: «1»}\na:\n  <<: *x\n", "/a/c", ""},
		"an anchor":         {"a: «&x one»\n", "/a", ""},
		"a tag":             {"a: «!!str 1»\n", "/a", ""},
		"wide letters":      {"å: {b: «日本»}\n", "/å/b", ""},
		"Windows":           {"a:\r\n  b: «one»\r\nc: 1\r\n", "/a/b", ""},
		"a map":             {"a:\n  «b»:\n    c: 1\n", "/a/b", ""},
		"nothing":           {"a:\n  «b»:\nc: 1\n", "/a/b", ""},
		"a key in quotes":   {"a:\n  «\"b\"»:\n    c: 1\n", "/a/b", ""},
		"an item that maps": {"a:\n- «name: web»\n  b: 1\n", "/a/0", ""},
		"missing":           {"a:\n  «b»:\n    c: 1\n", "/a/b/d/e~1f", "d e/f"},
		"missing in item":   {"a:\n- «name: web»\n  b: 1\n", "/a/0/d", "d"},
		"missing at top":    {"«a: 1»\nb: 2\n", "/d", "d"},
		"below a scalar":    {"«a»: 1\n", "/a/b", "b"},
		"JSON":              {"{\"a\": {\"b\": «\"\\/o\\\"}\"», \"c\": 1}}", "/a/b", ""},
		"JSON, a map":       {"{\"a\": «{\"b\": \"}\"}»}", "/a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			before, rest, found := strings.Cut(c.text, begin)
			require.True(t, found)
			marked, after, found := strings.Cut(rest, end)
			require.True(t, found)
			for _, prefix := range []string{"", "kind: x\n---\n"} {
				start := position{1, 1}.after([]byte(prefix + before))
				stop := start.after([]byte(marked))
				for _, decoded := range []bool{false, true} {
					fragments := split([]byte(prefix + before + marked + after))
					d := newDocument(fragments[len(fragments)-1])
					if decoded { // by another parser, for what people write
						_, mistakes := d.decode()
						require.Empty(t, mistakes)
					}
					span, missing := d.spanAt(c.pointer, 0)
					assert.Equal(t, Span{start.line, start.column, stop.line, stop.column}, span)
					assert.Equal(t, c.missing, strings.Join(missing, " "))
				}
			}
		})
	}
}
