// Package auditserver serves what an audit has found: a page to people, metrics to Prometheus, and
// health to the kubelet.
package auditserver

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"taffrail.dev/taffrail/internal/connections"
	"taffrail.dev/taffrail/internal/serving"
)

// Limits of a connection to the page. Its readers are people.
const (
	maxConnections = 64
	headerTimeout  = 5 * time.Second
	readTimeout    = 10 * time.Second
	answerTimeout  = 30 * time.Second
	idleTimeout    = 90 * time.Second
	maxHeaderBytes = 16 << 10
	// closeTimeout bounds how long pages that are on their way are waited for at the end.
	closeTimeout = 5 * time.Second
)

// Server serves a page, and its health and metrics beside it.
type Server struct {
	// Address is where the page is, as host:port; TLS sets up its certificate, and is nil where the
	// page is for this machine.
	Address string
	TLS     func(*tls.Config)
	// Page has whoever says who may read it in front.
	Page http.Handler
	// HealthAddress serves /healthz and /readyz, MetricsAddress /metrics; both without TLS. "0" switches
	// one off.
	HealthAddress, MetricsAddress string
	Metrics                       prometheus.Gatherer
	// Ready tells what there is not to be read yet, or nil.
	Ready func() error
}

// Run serves until the context ends, and then until what was begun is answered.
func (s *Server) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	ready := func() error {
		if ctx.Err() != nil {
			return errors.New("ending")
		}
		return s.Ready()
	}
	group.Go(func() error {
		if err := s.page(ctx); err != nil {
			return &serving.Error{What: serving.Page, Address: s.Address, Err: err}
		}
		return nil
	})
	group.Go(func() error {
		return serving.Plain(ctx, serving.Probes, s.HealthAddress, serving.Health(ready))
	})
	group.Go(func() error {
		return serving.Plain(ctx, serving.Measurements, s.MetricsAddress, serving.Metrics(s.Metrics))
	})
	return group.Wait()
}

func (s *Server) page(ctx context.Context) error {
	listener, err := net.Listen("tcp", s.Address)
	if err != nil {
		return err
	}
	limited := connections.Limit(listener, maxConnections)
	server := &http.Server{
		Handler: s.Page, ConnState: limited.Observe,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: answerTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
	}
	accepting := net.Listener(limited)
	if s.TLS != nil {
		config := &tls.Config{NextProtos: []string{"http/1.1"}} //nolint:gosec // s.TLS sets the least version
		s.TLS(config)
		accepting = tls.NewListener(limited, config)
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if server.Shutdown(ending) != nil {
			_ = server.Close()
		}
	}()
	if err := server.Serve(accepting); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-closed
	return nil
}
