package revision

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	tests := []struct {
		text string
		want Path
		is   bool
	}{
		{"main:guardrails", Path{"main", "guardrails"}, true},
		{"origin/main:a/b.yaml", Path{"origin/main", "a/b.yaml"}, true},
		{"HEAD~2:./guardrails", Path{"HEAD~2", "./guardrails"}, true},
		{"HEAD@{10:30}:guardrails", Path{"HEAD@{10:30}", "guardrails"}, true},
		{"v1.0:", Path{"v1.0", ""}, true},
		{"guardrails", Path{}, false},
		{":guardrails", Path{"", "guardrails"}, false},
		{`C:\guardrails`, Path{"C", `\guardrails`}, false},
		{"C:/guardrails", Path{"C", "/guardrails"}, false},
		{"https://example.com/a", Path{"https", "//example.com/a"}, false},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			got, is := Parse(test.text)
			assert.Equal(t, test.is, is)
			assert.Equal(t, test.want, got)
		})
	}
}

// repository has a commit, and a working tree that is something else.
func repository(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write := func(name, text string) {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	git := func(args ...string) {
		command := exec.Command("git", append([]string{"-c", "user.name=me", "-c", "user.email=me@example.com"}, args...)...)
		command.Dir = dir
		command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	git("init", "-q", "-b", "main")
	write("platform/guardrails/a.yaml", "a\n")
	write("platform/guardrails/deep/b.yml", "b\r\n")
	write("platform/guardrails/README.md", "no\n")
	write("platform/guardrails/.hidden/c.yaml", "no\n")
	write(".gitattributes", "*.yaml export-ignore text\n")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "links"), 0o700))
	require.NoError(t, os.Symlink("../platform/guardrails/a.yaml", filepath.Join(dir, "links/a.yaml")))
	git("add", "-A")
	git("commit", "-q", "-m", "one")
	git("update-ref", "refs/remotes/origin/release", "HEAD")
	write("platform/guardrails/a.yaml", "changed\n")
	return dir
}

func TestFilesAreThoseOfTheRevision(t *testing.T) {
	dir := repository(t)
	tests := []struct {
		name, in, path string
		want           map[string]string
	}{
		{"a directory", "", "platform/guardrails", map[string]string{"main:platform/guardrails/a.yaml": "a\n", "main:platform/guardrails/deep/b.yml": "b\r\n"}},
		{"with a slash at its end", "", "platform/guardrails/", map[string]string{"main:platform/guardrails/a.yaml": "a\n", "main:platform/guardrails/deep/b.yml": "b\r\n"}},
		{"a file", "", "platform/guardrails/a.yaml", map[string]string{"main:platform/guardrails/a.yaml": "a\n"}},
		{"a file of any name", "", "platform/guardrails/README.md", map[string]string{"main:platform/guardrails/README.md": "no\n"}},
		{"from below", "platform/guardrails", "platform/guardrails/deep", map[string]string{"main:platform/guardrails/deep/b.yml": "b\r\n"}},
		{"relative to here", "platform", "./guardrails/deep", map[string]string{"main:guardrails/deep/b.yml": "b\r\n"}},
		{"a directory that holds none", "", "platform/guardrails/.hidden/c.yaml", map[string]string{"main:platform/guardrails/.hidden/c.yaml": "no\n"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files, err := Read(context.Background(), filepath.Join(dir, test.in), Path{"main", test.path})
			require.NoError(t, err)
			got := map[string]string{}
			for _, file := range files {
				got[file.Name] = string(file.Text)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestWhatIsNotInTheRepositoryIsSaid(t *testing.T) {
	dir := repository(t)
	tests := []struct {
		name, in string
		path     Path
		want     string
	}{
		{"no revision", "", Path{"no-such", "platform"}, "reading no-such:platform: the repository has no revision \"no-such\": `git fetch` may bring it"},
		{"a branch of origin", "", Path{"release", "platform"}, `reading release:platform: the repository has no revision "release"; did you mean "origin/release:platform"?`},
		{"an option is no revision", "", Path{"--help", "platform"}, "the repository has no revision \"--help\""},
		{"no path", "", Path{"main", "nowhere"}, `reading main:nowhere: revision "main" has no file or directory "nowhere"; paths are from the root of the repository, or with ./ from here`},
		{"a path from here", "platform", Path{"main", "guardrails"}, `at the root of the repository; did you mean "main:./guardrails"?`},
		{"a link", "", Path{"main", "links"}, "reading main:links/a.yaml: is a symbolic link"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(context.Background(), filepath.Join(dir, test.in), test.path)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestWithoutARepository(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(dir))
	_, err := Read(context.Background(), dir, Path{"main", "guardrails"})
	assert.ErrorContains(t, err, "reading main:guardrails: git: not a git repository")
}

func TestWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Read(context.Background(), ".", Path{"main", "guardrails"})
	assert.EqualError(t, err, "reading main:guardrails: there is no git on the PATH: install it, or name a file or a directory")
}

func TestAShallowCloneSaysHowToGoOn(t *testing.T) {
	from, to := repository(t), filepath.Join(t.TempDir(), "clone")
	out, err := exec.Command("git", "clone", "-q", "--depth=1", "file://"+from, to).CombinedOutput()
	require.NoError(t, err, "%s", out)
	_, err = Read(context.Background(), to, Path{"v1.0", "guardrails"})
	assert.ErrorContains(t, err, "it is a shallow clone, fetch the revision first: git fetch origin v1.0")
}
