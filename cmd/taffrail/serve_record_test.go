package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/record"
	"taffrail.dev/taffrail/webhook"
)

// TestRecordingUnderLoadLeavesOut: more than is recorded is answered all the same. What is in the
// record is whole, and what is not is counted.
func TestRecordingUnderLoadLeavesOut(t *testing.T) {
	review, err := os.ReadFile("../../webhook/testdata/big.review.json")
	require.NoError(t, err)
	var mu sync.Mutex
	var log strings.Builder
	dir := t.TempDir()
	recorder, err := record.Open(record.Options{Dir: dir, MaxBytes: record.MinBytes, Rate: 50, Log: funcr.New(func(_, args string) {
		mu.Lock()
		defer mu.Unlock()
		log.WriteString(args + "\n")
	}, funcr.Options{})})
	require.NoError(t, err)
	set, err := guardrail.Compile(guardrail.Default(), guardrail.Options{})
	require.NoError(t, err)
	handler := &webhook.Handler{
		Set: func() *guardrail.Set { return set }, Metrics: webhook.NewMetrics(prometheus.NewRegistry()), Record: recorder.Take,
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- recorder.Run(ctx) }()

	validate := handler.Validate()
	const senders, each = 8, 250
	var answered atomic.Int64
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for range each {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://taffrail/validate", bytes.NewReader(review))
				if err != nil {
					return
				}
				request.Header.Set("Content-Type", "application/json")
				w := &memory{header: http.Header{}}
				validate.ServeHTTP(w, request)
				if bytes.Contains(w.body.Bytes(), []byte(`"allowed":true`)) {
					answered.Add(1)
				}
			}
		})
	}
	group.Wait()
	cancel()
	require.NoError(t, <-ended)

	assert.EqualValues(t, senders*each, answered.Load())
	lines := 0
	files, err := filepath.Glob(filepath.Join(dir, "validate-*.jsonl"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		lines += bytes.Count(text, []byte("}\n"))
	}
	assert.GreaterOrEqual(t, lines, 50)
	assert.Contains(t, log.String(), fmt.Sprintf(`"overRate"=%d`, senders*each-lines), "each is recorded or counted")
	assert.Equal(t, 1, strings.Count(log.String(), "\n"))
}

// memory takes an answer.
type memory struct {
	header http.Header
	body   bytes.Buffer
}

func (m *memory) Header() http.Header              { return m.header }
func (m *memory) WriteHeader(int)                  {}
func (m *memory) Write(p []byte) (int, error)      { return m.body.Write(p) }
func (m *memory) SetReadDeadline(time.Time) error  { return nil }
func (m *memory) SetWriteDeadline(time.Time) error { return nil }

// TestServeRecordsUntilItEnds: what was sent before SIGTERM is in the record, without its secrets.
func TestServeRecordsUntilItEnds(t *testing.T) {
	review, err := os.ReadFile("../../webhook/testdata/big.review.json")
	require.NoError(t, err)
	secret := strings.Replace(string(review), `"env":[`, `"env":[{"name":"PIN","value":"hunter2hunter2"},`, 1)
	require.NotEqual(t, string(review), secret)
	dir := filepath.Join(t.TempDir(), "record")
	address := freeAddresses(t, 1)[0]
	// A process of its own: a process has its metrics once.
	server := exec.CommandContext(t.Context(), "taffrail",
		"serve", "--bind-address", address, "--metrics-bind-address", "0", "--health-probe-bind-address", "0",
		"--tls", "self-signed", "--log-level", "error", "--record", dir)
	require.NoError(t, server.Start())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // a test
	for _, path := range []string{"/mutate", "/validate", "/validate"} {
		require.Eventually(t, func() bool {
			response, err := client.Post("https://"+address+path, "application/json", strings.NewReader(secret))
			if err != nil {
				return false
			}
			defer response.Body.Close()
			return response.StatusCode == http.StatusOK
		}, 30*time.Second, 20*time.Millisecond)
	}
	require.NoError(t, server.Process.Signal(syscall.SIGTERM))
	require.NoError(t, server.Wait())

	found := map[string]int{}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "hunter2")
		assert.Contains(t, string(text), `{"name":"PIN","value":"REDACTED_1"}`)
		found[record.WebhookOf(file)] += strings.Count(string(text), "\n")
	}
	assert.Equal(t, map[string]int{"mutate": 1, "validate": 2}, found)
}
