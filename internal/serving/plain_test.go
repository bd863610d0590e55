package serving_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/serving"
)

const patience, tick = 10 * time.Second, 5 * time.Millisecond

func get(handler http.Handler, path string) (int, string) {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// A server that is not ready lives all the same, or the kubelet would start it again and again.
func TestHealth(t *testing.T) {
	var missing error
	health := serving.Health(func() error { return missing })
	for _, path := range []string{"/healthz", "/readyz"} {
		code, body := get(health, path)
		assert.Equal(t, http.StatusOK, code, path)
		assert.Equal(t, "ok\n", body, path)
	}
	missing = errors.New("nothing has been read yet")
	code, _ := get(health, "/healthz")
	assert.Equal(t, http.StatusOK, code)
	code, body := get(health, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Equal(t, "nothing has been read yet\n", body)
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "things"}, func() float64 { return 3 }))
	_, body := get(serving.Metrics(registry), "/metrics")
	assert.Contains(t, body, "things 3\n")
	code, _ := get(serving.Metrics(registry), "/debug/pprof")
	assert.Equal(t, http.StatusNotFound, code)
}

func TestPlainServesUntilTheContextEnds(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	taken := listener.Addr().String()
	var failed *serving.Error
	require.ErrorAs(t, serving.Plain(t.Context(), serving.Probes, taken, http.NotFoundHandler()), &failed)
	assert.Equal(t, serving.Probes, failed.What)
	require.ErrorIs(t, failed, syscall.EADDRINUSE)
	require.ErrorContains(t, failed, "serving health probes on "+taken)
	require.NoError(t, serving.Plain(t.Context(), serving.Probes, "0", http.NotFoundHandler()), "switched off")

	require.NoError(t, listener.Close())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- serving.Plain(ctx, serving.Probes, taken, serving.Health(func() error { return nil }))
	}()
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + taken + "/healthz")
		if err != nil {
			return false
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		return string(body) == "ok\n"
	}, patience, tick)
	cancel()
	require.NoError(t, <-ended)
}
