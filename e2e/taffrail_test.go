//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Generous: a busy machine is no failure, and what waits this long has failed anyway.
const (
	startTimeout = 30 * time.Second
	stopTimeout  = 60 * time.Second
)

// options are how a `taffrail serve` is started.
type options struct {
	guardrails string // YAML, written to a file for --guardrails; empty: the default guardrail
	standalone bool   // no --kubeconfig: the server knows no cluster
	// managesWebhooks tells the server where the API server reaches it, so that
	// it installs the webhook configurations itself once it leads.
	managesWebhooks bool
	webhookURL      string   // what stands in front of several such servers; empty: the server itself
	tls             string   // --tls; empty: self-signed
	unready         bool     // started is enough: it may never be ready
	flags           []string // more flags
	env             []string // more variables of the environment
}

// taffrail is a running `taffrail serve`.
type taffrail struct {
	bound          string // https://ADDRESS:PORT of this server alone
	webhookURL     string // https://ADDRESS:PORT, in front of /mutate and /validate
	metricsURL     string // http://ADDRESS:PORT/metrics
	healthURL      string // http://ADDRESS:PORT, in front of /healthz and /readyz
	guardrailsFile string // where options.guardrails went; written anew, it is reloaded
	ca             []byte // PEM, what the certificate is signed by
	readyAfter     time.Duration

	process    *os.Process
	output     lockedBuffer
	terminated sync.Once
	exited     chan struct{} // closed when the process is gone, exitErr is set then
	exitErr    error
}

// startTaffrail starts `taffrail serve` on free ports of this machine, on the
// loopback address unless the API server is elsewhere, and returns when it is ready. The end of the
// test ends it, without a drain; a failed test shows its log.
func startTaffrail(t *testing.T, o options) *taffrail {
	t.Helper()
	dir := t.TempDir()
	caFile := filepath.Join(dir, "ca.crt")
	addresses := freeAddresses(t, 3)
	s := &taffrail{
		bound:      "https://" + addresses[0],
		webhookURL: "https://" + addresses[0],
		metricsURL: "http://" + addresses[1] + "/metrics",
		healthURL:  "http://" + addresses[2],
		exited:     make(chan struct{}),
	}
	args := []string{
		"serve",
		"--bind-address", addresses[0],
		"--metrics-bind-address", addresses[1],
		"--health-probe-bind-address", addresses[2],
	}
	if o.tls == "" {
		args = append(args, certificate(t, caFile)...)
	} else {
		args = append(args, "--tls", o.tls)
	}
	if o.webhookURL != "" {
		s.webhookURL = o.webhookURL
	}
	if !o.standalone {
		args = append(args, "--kubeconfig", cluster(t).kubeconfig)
	}
	if o.guardrails == "" && !o.standalone && !o.managesWebhooks {
		o.guardrails = defaultGuardrail(t)
	}
	if o.managesWebhooks {
		args = append(args, "--webhook-url", s.webhookURL)
	}
	if o.guardrails != "" {
		s.guardrailsFile = filepath.Join(dir, "guardrails.yaml")
		require.NoError(t, os.WriteFile(s.guardrailsFile, []byte(o.guardrails), 0o600))
		args = append(args, "--guardrails", s.guardrailsFile)
	}

	started := s.start(t, dir, append(args, o.flags...), o.env...)
	s.waitFor(t, map[bool]string{true: "/healthz", false: "/readyz"}[o.unready])
	s.readyAfter = time.Since(started)
	if o.tls == "" {
		var err error
		s.ca, err = os.ReadFile(caFile)
		require.NoError(t, err)
	}
	return s
}

func defaultGuardrail(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../guardrail/default.yaml")
	require.NoError(t, err)
	return string(content)
}

// terminate tells the server to end, as the kubelet would. It drains first.
func (s *taffrail) terminate() {
	s.terminated.Do(func() { _ = s.process.Signal(syscall.SIGTERM) }) // a second would end it at once
}

// stop ends the server, which must drain and exit with 0.
func (s *taffrail) stop() error {
	s.terminate()
	select {
	case <-s.exited:
		return s.exitErr
	case <-time.After(stopTimeout):
		_ = s.process.Kill()
		<-s.exited
		return fmt.Errorf("not ended within %s of SIGTERM", stopTimeout)
	}
}

// kill ends the server as a crash would.
func (s *taffrail) kill(t *testing.T) {
	t.Helper()
	if err := s.process.Kill(); !errors.Is(err, os.ErrProcessDone) {
		require.NoError(t, err)
	}
	<-s.exited
}

// log is what the server has printed so far.
func (s *taffrail) log() string { return s.output.String() }

// probe answers the status code of a health endpoint, 0 where nobody listens.
func (s *taffrail) probe(path string) int {
	client := http.Client{Timeout: time.Second}
	response, err := client.Get(s.healthURL + path)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func (s *taffrail) waitFor(t *testing.T, probe string) {
	t.Helper()
	for deadline := time.After(startTimeout); s.probe(probe) != http.StatusOK; {
		select {
		case <-s.exited:
			require.FailNow(t, "taffrail serve ended before it answered", probe)
		case <-deadline:
			require.FailNow(t, "taffrail serve does not answer", "%s after %s", probe, startTimeout)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// start starts the program in a directory, until the test ends.
func (s *taffrail) start(t *testing.T, dir string, args []string, env ...string) (started time.Time) {
	t.Helper()
	binary, err := taffrailBinary()
	require.NoError(t, err)
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &s.output, &s.output
	// The caller's home may hold a kubeconfig, which the server must not use.
	cmd.Env = append([]string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}, env...)
	started = time.Now()
	require.NoError(t, cmd.Start())
	s.process = cmd.Process
	go func() {
		s.exitErr = cmd.Wait()
		close(s.exited)
	}()
	t.Cleanup(func() {
		s.kill(t)
		if t.Failed() {
			t.Logf("taffrail %q said:\n%s", args, s.log())
		}
	})
	return started
}

// taffrailBinary builds the program, once, from the tree around this package, as it is shipped.
var taffrailBinary = sync.OnceValues(func() (string, error) {
	linked, binary := filepath.Join(scratch, "linked"), filepath.Join(scratch, "taffrail")
	build := exec.Command("../hack/build.sh", linked)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("hack/build.sh: %w\n%s", err, out)
	}
	return binary, unpack(linked, binary)
})

// unpack copies a program as a container runtime unpacks an image, a few pages at a time. How large the
// pieces are in which a file was written is how large they are in the page cache, and all of a piece
// counts as memory of a process that looks at one byte of it: 5 MiB more of what a linker has written,
// and 17 MiB more of what was written at once.
func unpack(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	// Without the methods by which files copy files at once.
	_, err = io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{in}, make([]byte, 32<<10))
	return errors.Join(err, out.Close())
}

// freeAddresses finds ports on which nobody listens. All are held until the
// last is found, so that none comes twice.
func freeAddresses(t *testing.T, n int) []string {
	t.Helper()
	addresses := make([]string, n)
	for i := range addresses {
		listener, err := net.Listen("tcp", cluster(t).address+":0")
		require.NoError(t, err)
		defer listener.Close()
		addresses[i] = listener.Addr().String()
	}
	return addresses
}

// lockedBuffer is written by the process and read by the test.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
