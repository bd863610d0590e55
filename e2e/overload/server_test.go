//go:build overload && linux

package overload

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// server is a running `taffrail serve`.
type server struct {
	address string
	process *os.Process
	group   string // its control group, when the machine lets us make one
	log     *bytes.Buffer
	ended   chan struct{}
	err     error // with which it has ended
}

// hardLimit says what ends a process that takes more than the memory limit.
var hardLimit = "as a number to compare with"

func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "taffrail")
	command := exec.Command("go", "build", "-o", program, "taffrail.dev/taffrail/cmd/taffrail")
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
	return program
}

// start serves the default guardrail with the limits of the Deployment.
func start(t *testing.T, program string) *server {
	t.Helper()
	s := &server{address: freeAddress(t), log: &bytes.Buffer{}, ended: make(chan struct{})}
	health, metrics := freeAddress(t), freeAddress(t)
	s.group = controlGroup(t)
	enter := ""
	if s.group != "" {
		enter = "echo $$ > " + filepath.Join(s.group, "cgroup.procs") + " && "
	}
	command := exec.Command("sh", "-c", enter+`exec "$0" "$@"`, program, "serve", "--tls=self-signed", "--log-format=json",
		"--bind-address="+s.address, "--health-probe-bind-address="+health, "--metrics-bind-address="+metrics)
	if s.group == "" { // whose limit the program goes by
		command.Env = append(os.Environ(), fmt.Sprintf("GOMEMLIMIT=%d", heapLimit))
	}
	command.Stderr = s.log
	require.NoError(t, command.Start())
	s.process = command.Process
	go func() {
		s.err = command.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() {
		_ = s.process.Signal(syscall.SIGTERM)
		select {
		case <-s.ended:
		case <-time.After(20 * time.Second):
			_ = s.process.Kill()
		}
	})
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + health + "/readyz")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, 30*time.Second, 50*time.Millisecond, "%s", s.log)
	assert.InDelta(t, heapLimit, collectorLimit(t, metrics), 0, "bytes that the collector goes by")
	return s
}

// collectorLimit is GOMEMLIMIT as the program goes by it.
func collectorLimit(t *testing.T, metrics string) float64 {
	t.Helper()
	response, err := http.Get("http://" + metrics + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), "go_gc_gomemlimit_bytes "); found {
			limit, err := strconv.ParseFloat(value, 64)
			require.NoError(t, err)
			return limit
		}
	}
	require.Fail(t, "no go_gc_gomemlimit_bytes")
	return 0
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// controlGroup makes a control group with the memory limit, or none where the
// machine has no such for us.
func controlGroup(t *testing.T) string {
	t.Helper()
	for root, limit := range map[string]string{"/sys/fs/cgroup": "memory.max", "/sys/fs/cgroup/memory": "memory.limit_in_bytes"} {
		group := filepath.Join(root, fmt.Sprintf("taffrail-overload-%d", os.Getpid()))
		if os.Mkdir(group, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(group) })
		// Where the versions are mixed, the first is a directory like any other.
		if _, err := os.Stat(filepath.Join(group, "cgroup.procs")); err != nil {
			_ = os.Remove(group)
			continue
		}
		if os.WriteFile(filepath.Join(group, limit), []byte(strconv.Itoa(memoryLimit)), 0o600) == nil {
			hardLimit = "of a control group"
			return group
		}
		_ = os.Remove(group)
	}
	return ""
}

// peak is the most memory that the process has held, in bytes: what it has made its
// own, and the parts of its file that it has read.
func (s *server) peak(t *testing.T) int {
	t.Helper()
	select {
	case <-s.ended:
		require.Fail(t, "the server has ended", "%v\n%s", s.err, tail(s.log.String()))
	default:
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Pid))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	require.True(t, found)
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	require.NoError(t, err)
	return kib << 10
}

// cpu is the time of a processor that the process has taken.
func (s *server) cpu(t *testing.T) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Pid))
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(stat), ") ")
	ticks := 0
	for _, field := range strings.Fields(rest)[11:13] { // of the user, of the system
		n, err := strconv.Atoi(field)
		require.NoError(t, err)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100
}

func tail(text string) string { return text[max(0, len(text)-4000):] }

func insecure() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}
}
