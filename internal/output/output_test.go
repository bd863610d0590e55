package output_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/output"
	"taffrail.dev/taffrail/internal/report"
)

func TestWhatCannotBeAskedFor(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.WriteFile("there", nil, 0o600))
	require.NoError(t, os.Symlink("there", "link"))
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"xml"}, `"xml": must be text, concise, json, sarif, junit, github, gitlab or checkstyle`},
		{[]string{"jnuit=a"}, `"jnuit": must be text, concise, json, sarif, junit, github, gitlab or checkstyle; did you mean "junit"?`},
		{[]string{"json="}, `"json=": must name a file behind =`},
		{[]string{"text", "json"}, "text and json cannot both go to standard output: name a file for one, as in json=FILE"},
		{[]string{"json=a", "sarif=./a"}, "json and sarif cannot both be written to ./a"},
		{[]string{"json=a", "sarif=" + filepath.Join(dir, "a")}, "json and sarif cannot both be written to " + filepath.Join(dir, "a")},
		{[]string{"json=there", "sarif=link"}, "json and sarif cannot both be written to link"},
	} {
		_, err := output.Parse(c.flags, report.Names())
		assert.EqualError(t, err, c.want)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("dir", 0o700))
	require.NoError(t, os.WriteFile("file", nil, 0o600))
	for file, want := range map[string]string{
		"gone/report": "json=gone/report: no such file or directory",
		"dir":         "json=dir: is a directory",
		"file/report": "json=file/report: not a directory",
	} {
		_, err := output.Open(parsed(t, "sarif=sarif", "json="+file))
		require.EqualError(t, err, want)
		assert.Equal(t, []string{"dir", "file"}, entries(t, "."), "what was opened before is gone")
	}
}

func TestAFileIsThereWholeOrNotAtAll(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("report", []byte("the one before"), 0o640))
	opened, err := output.Open(parsed(t, "json=report"))
	require.NoError(t, err)
	before, err := os.ReadFile("report")
	require.NoError(t, err)
	assert.Equal(t, "the one before", string(before))

	opened.Close()
	assert.Equal(t, []string{"report"}, entries(t, "."))

	opened, err = output.Open(parsed(t, "json=report"))
	require.NoError(t, err)
	require.NoError(t, opened.Write(&bytes.Buffer{}, report.New(), setting(), func() bool { return false }))
	opened.Close()
	after, err := os.ReadFile("report")
	require.NoError(t, err)
	assert.JSONEq(t, `{"results":[],"errors":[],"summary":{"files":0,"objects":0,"evaluated":0,"skipped":[],"denied":0,"warned":0,"audited":0,"exempted":0}}`, string(after))
	assert.Equal(t, []string{"report"}, entries(t, "."))
	info, err := os.Stat("report")
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), info.Mode().Perm(), "who may read it stays so")
}

func TestALinkStaysALink(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("report", nil, 0o600))
	require.NoError(t, os.Symlink("report", "link"))
	write(t, &bytes.Buffer{}, "json=link")
	target, err := os.Readlink("link")
	require.NoError(t, err)
	assert.Equal(t, "report", target)
	assert.NotEmpty(t, read(t, "report"))
}

func TestADeviceIsWrittenTo(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, &bytes.Buffer{}, "json=/dev/null")
	info, err := os.Stat("/dev/null")
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeDevice)
}

func TestSeveralAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	var out bytes.Buffer
	write(t, &out, "text", "json=a", "gitlab=b")
	assert.Equal(t, "NOTES\nnothing to refuse in 0 objects of 0 files\n", out.String())
	assert.Contains(t, read(t, "a"), `"summary"`)
	assert.Equal(t, "[]\n", read(t, "b"))
}

func TestNotesAreToldWhateverTheForm(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, flags := range [][]string{{"json=a"}, {"text=a"}, {"github"}} {
		var out bytes.Buffer
		write(t, &out, flags...)
		assert.Contains(t, out.String(), "NOTES\n")
	}
}

func TestNamesAreThoseOfTheRepository(t *testing.T) {
	root := t.TempDir()
	below := filepath.Join(root, "deploy", "prod")
	require.NoError(t, os.MkdirAll(below, 0o700))
	path := output.Repository(below)
	assert.Equal(t, "web.yaml", path("web.yaml"))
	require.NoError(t, os.Mkdir(filepath.Join(root, ".git"), 0o700))
	path = output.Repository(below)
	assert.Equal(t, "deploy/prod/web.yaml", path("web.yaml"))
	assert.Equal(t, "base/web.yaml", path("../../base/web.yaml"))
	assert.Equal(t, "web.yaml", path(filepath.Join(root, "web.yaml")))
	assert.Equal(t, filepath.Join(filepath.Dir(root), "web.yaml"), path("../../../web.yaml"))
	assert.Equal(t, "stdin", path("<stdin>"))
}

func parsed(t *testing.T, flags ...string) []output.Output {
	t.Helper()
	outputs, err := output.Parse(flags, report.Names())
	require.NoError(t, err)
	return outputs
}

func setting() report.Setting {
	return report.Setting{Path: func(file string) string { return file }}
}

func write(t *testing.T, out *bytes.Buffer, flags ...string) {
	t.Helper()
	opened, err := output.Open(parsed(t, flags...))
	require.NoError(t, err)
	defer opened.Close()
	require.NoError(t, opened.Write(out, report.New(), setting(), func() bool { out.WriteString("NOTES\n"); return true }))
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(data)
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range all {
		names = append(names, entry.Name())
	}
	return names
}
