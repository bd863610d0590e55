package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// program stands for a release of taffrail: it says what it was called with, writes what it was told
// to, and finds something.
const program = `#!/usr/bin/env bash
printf '<%s>' "$@"
for arg; do [[ $arg != sarif=* ]] || echo '{}' >"${arg#sarif=}"; done
exit 1
`

// action runs the script of the Action as a runner does, with a release from a server of ours.
type action struct {
	t        *testing.T
	mu       sync.Mutex
	releases map[string]string // by their paths
	env      map[string]string
	temp     string
}

func newAction(t *testing.T) *action {
	t.Helper()
	a := &action{t: t, temp: t.TempDir()}
	a.release(tar.Header{Name: "taffrail", Mode: 0o755, Size: int64(len(program))}, program)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		text, found := a.releases[r.URL.Path]
		a.mu.Unlock()
		if !found {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(server.Close)
	a.env = map[string]string{
		"VERSION": "v1.2.3", "RELEASES": server.URL, "CHECK_PATHS": "", "GUARDRAILS": "", "CHECK_ARGS": "",
		"RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "RUNNER_TEMP": a.temp,
		"GITHUB_PATH": filepath.Join(a.temp, "path"), "GITHUB_OUTPUT": filepath.Join(a.temp, "output"),
	}
	return a
}

// release has the server hold a release with a program, and its checksum.
func (a *action) release(of tar.Header, text string) {
	a.t.Helper()
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	files := tar.NewWriter(zipped)
	require.NoError(a.t, files.WriteHeader(&of))
	_, err := files.Write([]byte(text))
	require.NoError(a.t, err)
	require.NoError(a.t, files.Close())
	require.NoError(a.t, zipped.Close())
	a.mu.Lock()
	defer a.mu.Unlock()
	a.releases = map[string]string{
		"/v1.2.3/taffrail_1.2.3_linux_amd64.tar.gz": archive.String(),
		"/v1.2.3/checksums.txt":                     fmt.Sprintf("%x  taffrail_1.2.3_linux_amd64.tar.gz\n", sha256.Sum256(archive.Bytes())),
	}
}

func (a *action) run() (out string, code int) {
	cmd := exec.Command("../../hack/action.sh")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range a.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	text, err := cmd.CombinedOutput()
	require.NotNil(a.t, cmd.ProcessState, "%v", err)
	return string(text), cmd.ProcessState.ExitCode()
}

func (a *action) read(file string) string {
	text, err := os.ReadFile(filepath.Join(a.temp, file))
	require.NoError(a.t, err)
	return string(text)
}

func TestTheActionChecksWithTheReleaseThatItWasTold(t *testing.T) {
	a := newAction(t)
	out, code := a.run()
	sarif := filepath.Join(a.temp, "taffrail.sarif")
	assert.Equal(t, "<check><-o><github><-o><sarif="+sarif+">", out)
	assert.Equal(t, 1, code, "what the program found fails the job")
	assert.Equal(t, "sarif="+sarif+"\n", a.read("output"), "and what it found is there to be uploaded")
	assert.Equal(t, filepath.Join(a.temp, "taffrail-v1.2.3")+"\n", a.read("path"), "later steps have the program too")
}

// With the program itself, whose archive holds a link to this test.
func TestTheActionAnnotatesWhatTheProgramFinds(t *testing.T) {
	a := newAction(t)
	here, err := os.Executable()
	require.NoError(t, err)
	a.release(tar.Header{Name: "taffrail", Typeflag: tar.TypeSymlink, Linkname: here}, "")
	a.env["CHECK_PATHS"] = "../../examples/bad-deployment.yaml"
	out, code := a.run()
	assert.Equal(t, 1, code, out)
	assert.Regexp(t, `(?m)^::error .*file=.*examples/bad-deployment\.yaml,line=\d+`, out)
	assert.Contains(t, a.read("taffrail.sarif"), `"2.1.0"`)
}

func TestTheActionPassesItsInputsOn(t *testing.T) {
	a := newAction(t)
	a.env["CHECK_PATHS"], a.env["GUARDRAILS"], a.env["CHECK_ARGS"] = "deploy\nmy charts/web\n", "my guardrails", "--fail-on warn"
	out, _ := a.run()
	assert.True(t, strings.HasSuffix(out, "<--guardrails><my guardrails><--fail-on><warn><deploy><my charts/web>"), out)
}

func TestTheActionRunsNothingThatItCannotVerify(t *testing.T) {
	for _, c := range []struct {
		about, want string
		spoil       func(a *action)
	}{
		{"another archive", "it is not run", func(a *action) { a.releases["/v1.2.3/taffrail_1.2.3_linux_amd64.tar.gz"] += "x" }},
		{"no checksum", `checksums.txt says "": it is not run`, func(a *action) { a.releases["/v1.2.3/checksums.txt"] = "" }},
		{"no checksums", "checksums.txt failed: is v1.2.3 a release?", func(a *action) { delete(a.releases, "/v1.2.3/checksums.txt") }},
		{"no archive", "tar.gz failed: is v1.2.3 a release?", func(a *action) { delete(a.releases, "/v1.2.3/taffrail_1.2.3_linux_amd64.tar.gz") }},
		{"a branch", `version "main": must be a release, such as v0.1.0`, func(a *action) { a.env["VERSION"] = "main" }},
		{"another machine", "there is no release for Linux on RISCV", func(a *action) { a.env["RUNNER_ARCH"] = "RISCV" }},
	} {
		a := newAction(t)
		a.mu.Lock()
		c.spoil(a)
		a.mu.Unlock()
		out, code := a.run()
		assert.Contains(t, out, c.want, c.about)
		assert.Contains(t, out, "::error title=taffrail::", c.about)
		assert.NotContains(t, out, "<check>", c.about)
		assert.Equal(t, 2, code, c.about)
	}
}

// What the Action hands to its script is what the script reads.
func TestTheActionNamesWhatItsScriptReads(t *testing.T) {
	text, err := os.ReadFile("../../action.yml")
	require.NoError(t, err)
	var document struct {
		Inputs map[string]any `json:"inputs"`
		Runs   struct {
			Steps []struct {
				Run string            `json:"run"`
				Env map[string]string `json:"env"`
			} `json:"steps"`
		} `json:"runs"`
	}
	require.NoError(t, yaml.Unmarshal(text, &document))
	script, err := os.ReadFile("../../hack/action.sh")
	require.NoError(t, err)
	require.NotEmpty(t, document.Runs.Steps)
	step := document.Runs.Steps[0]
	assert.Equal(t, `"$GITHUB_ACTION_PATH/hack/action.sh"`, step.Run)
	assert.Len(t, step.Env, 5)
	for name := range step.Env {
		assert.Contains(t, string(script), "$"+name)
	}
	for name := range document.Inputs {
		assert.Contains(t, string(text), "inputs."+name, "the input %s", name)
	}
}
