// Package serving is what every server of ours has beside what it is for: its health and its metrics,
// over HTTP without TLS, and an error that names the address that was taken.
package serving

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Health answers /healthz always, and /readyz when ready finds nothing missing.
func Health(ready func() error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { Answer(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { Answer(w, ready()) })
	return mux
}

// Answer says that all is well, or what is not.
func Answer(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// Metrics answers /metrics, with exemplars to who asks for OpenMetrics.
func Metrics(metrics prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	return mux
}

// Plain serves without TLS until the context ends; "0" is no address, and nothing is served. Nothing
// that is served so takes a body or takes long.
func Plain(ctx context.Context, what What, address string, handler http.Handler) error {
	if address == "0" {
		return nil
	}
	server := &http.Server{
		Addr: address, Handler: handler,
		ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10,
	}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return &Error{what, address, err}
	}
	return nil
}
