package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func write(t *testing.T, text string, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	dir := t.TempDir()
	write(t, `guardrails: guardrails
inputs: [deploy, ./charts/web, "-", /srv/more]
exclude: [vendor]
namespace: shop
namespaceLabels: {tenant: a, environment: production}
output: [text, sarif=out/report.sarif]
failOn: warn
`, dir, Name)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "below"), 0o755))
	t.Chdir(filepath.Join(dir, "below"))
	path, err := Find(".")
	require.NoError(t, err)
	assert.Equal(t, filepath.Join("..", Name), path)

	file, err := Load(path)
	require.NoError(t, err)
	assert.Equal(t, []string{"../deploy", "../charts/web", "-", "/srv/more"}, file.Inputs)
	assert.Equal(t, []Setting{
		{"guardrails", "guardrails", 1, []string{"../guardrails"}},
		{"exclude", "exclude", 3, []string{"vendor"}},
		{"namespace", "namespace", 4, []string{"shop"}},
		{"namespaceLabels", "namespace-labels", 5, []string{"environment=production", "tenant=a"}},
		{"output", "output", 6, []string{"text", "sarif=../out/report.sarif"}},
		{"failOn", "fail-on", 7, []string{"warn"}},
	}, file.Settings())
}

func TestEveryMistakeIsToldWithItsLine(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, `guardrial: guardrails
inputs: deploy
exclude: ["!x"]
namespace: 12
namespaceLabels: [a]
output:
- text
- {sarif: x}
failOn: dney
failOn: warn
inpts: []
`, Name)
	_, err := Load(Name)
	assert.EqualError(t, err, `.taffrail.yaml:1: unknown key "guardrial"; the keys are: guardrails, inputs, exclude, namespace, namespaceLabels, output, failOn; did you mean "guardrails"?
.taffrail.yaml:2: inputs: must be a list, such as [deploy]
.taffrail.yaml:3: exclude: pattern "!x": must not begin with !: name what to leave out, and nothing else
.taffrail.yaml:4: namespace: must be a string: write "12" with quotes
.taffrail.yaml:5: namespaceLabels: must be a mapping, such as {environment: production}
.taffrail.yaml:8: output[1]: must be a string
.taffrail.yaml:9: failOn: "dney": must be deny, warn or never; did you mean "deny"?
.taffrail.yaml:10: failOn: must not be there twice: it is in line 9 too
.taffrail.yaml:11: unknown key "inpts"; the keys are: guardrails, inputs, exclude, namespace, namespaceLabels, output, failOn; did you mean "inputs"?`)
}

func TestWhatIsNoConfiguration(t *testing.T) {
	t.Chdir(t.TempDir())
	for text, want := range map[string]string{
		"- a\n":                           ".taffrail.yaml:1: must be a mapping of keys to values",
		"inputs: [a]\n---\ninputs: [b]\n": ".taffrail.yaml:2: must be one document",
		"a: [b\n":                         ".taffrail.yaml: is no YAML: line 1: did not find expected ',' or ']'",
		"\x00\x01":                        ".taffrail.yaml: is no YAML: control characters are not allowed",
	} {
		write(t, text, Name)
		_, err := Load(Name)
		require.EqualError(t, err, want)
	}
	_, err := Load("missing.yaml")
	assert.EqualError(t, err, "reading the configuration: open missing.yaml: no such file or directory")
}

func TestAnEmptyFileSaysNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, text := range []string{"", "# later\n", "guardrails:\ninputs:\n"} {
		write(t, text, Name)
		file, err := Load(Name)
		require.NoError(t, err)
		assert.Equal(t, Config{}, file.Config)
	}
}

func TestFind(t *testing.T) {
	// A link in the path of the test's directory would be one in what is found.
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	t.Setenv("HOME", filepath.Join(dir, "home"))
	write(t, "", dir, Name)
	write(t, "", dir, "repository", ".git", "HEAD")
	write(t, "", dir, "repository", "a", "b", "x.yaml")
	write(t, "", dir, "worktree", ".git") // a file, in a worktree and in a submodule
	write(t, "", dir, "worktree", Name)
	write(t, "", dir, "worktree", "a", "x.yaml")
	write(t, "", dir, "home", "work", "x.yaml")
	write(t, "", dir, "plain", "a", "x.yaml")
	write(t, "", dir, "misnamed", ".taffrail.yml")
	for from, want := range map[string]string{
		"repository/a/b": "",
		"worktree":       "worktree/.taffrail.yaml",
		"worktree/a":     "worktree/.taffrail.yaml",
		"home/work":      "",
		"plain/a":        ".taffrail.yaml",
	} {
		if want != "" {
			want = filepath.Join(dir, want)
		}
		found, err := Find(filepath.Join(dir, from))
		require.NoError(t, err)
		assert.Equal(t, want, found, from)
	}
	_, err = Find(filepath.Join(dir, "misnamed"))
	assert.EqualError(t, err, filepath.Join(dir, "misnamed", ".taffrail.yml")+": must be called .taffrail.yaml")
}

// The example of the documentation is a configuration.
func TestTheExampleOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/cli.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "## .taffrail.yaml")
	require.True(t, found)
	_, rest, _ = strings.Cut(rest, "```yaml\n")
	text, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	t.Chdir(t.TempDir())
	write(t, text, Name)
	file, err := Load(Name)
	require.NoError(t, err)
	assert.Len(t, file.lines, len(Keys()), "it shows every key")
}
