package glob

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern   string
		yes, noes []string
	}{
		{"vendor", []string{"vendor", "vendor/a.yaml", "deploy/vendor/b/a.yaml"}, []string{"vendors/a.yaml", "my-vendor/a.yaml"}},
		{"vendor/", []string{"vendor/a.yaml", "x/vendor/a.yaml"}, []string{"vendor"}},
		{"*.gen.yaml", []string{"a.gen.yaml", "x/y/a.gen.yaml"}, []string{"a.yaml", "agen.yaml"}},
		{"deploy/*.yaml", []string{"deploy/a.yaml"}, []string{"deploy/x/a.yaml", "x/deploy/a.yaml"}},
		{"/a.yaml", []string{"a.yaml"}, []string{"x/a.yaml"}},
		{"./deploy/test", []string{"deploy/test/a.yaml"}, []string{"x/deploy/test/a.yaml"}},
		{"**/test/*.yaml", []string{"test/a.yaml", "x/y/test/a.yaml"}, []string{"x/test/y/a.yaml", "mytest/a.yaml"}},
		{"deploy/**/test", []string{"deploy/test", "deploy/x/y/test/a.yaml"}, []string{"deploy/xtest", "test"}},
		{"deploy/**", []string{"deploy/a.yaml", "deploy/x/a.yaml"}, []string{"deployment.yaml"}},
		{"a?.yaml", []string{"ab.yaml"}, []string{"a.yaml", "abc.yaml"}},
		{"[a-c].yaml", []string{"b.yaml"}, []string{"d.yaml"}},
		{"[!a-c].yaml", []string{"d.yaml"}, []string{"b.yaml"}},
		{"a+(b).yaml", []string{"a+(b).yaml"}, []string{"aab.yaml"}},
		{"größe/*.yaml", []string{"größe/ä.yaml"}, []string{"grösse/a.yaml"}},
	} {
		set, err := Compile([]string{"never", c.pattern})
		require.NoError(t, err)
		for _, path := range c.yes {
			assert.True(t, set.Match(path), "%s matches %s", c.pattern, path)
		}
		for _, path := range c.noes {
			assert.False(t, set.Match(path), "%s does not match %s", c.pattern, path)
		}
	}
}

func TestPatternsThatAreNone(t *testing.T) {
	for pattern, want := range map[string]string{
		"!keep.yaml": `pattern "!keep.yaml": must not begin with !: name what to leave out, and nothing else`,
		"/":          `pattern "/": must name a file or a directory`,
		"":           `pattern "": must name a file or a directory`,
		"a[b.yaml":   `pattern "a[b.yaml": has a [ without its ]`,
	} {
		_, err := Compile([]string{pattern})
		assert.EqualError(t, err, want)
	}
}

func TestNoPatternsMatchNothing(t *testing.T) {
	assert.False(t, Set(nil).Match("a.yaml"))
}
