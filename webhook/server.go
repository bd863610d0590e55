package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"

	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/serving"
)

// Server serves a Handler over TLS, and its health and metrics beside it.
type Server struct {
	// Address is where reviews are taken, as host:port.
	Address string
	// HealthAddress serves /healthz and /readyz, MetricsAddress /metrics; both
	// without TLS. "0" switches one off.
	HealthAddress, MetricsAddress string
	// TLS sets up the certificate.
	TLS     func(*tls.Config)
	Handler *Handler
	Metrics prometheus.Gatherer
	// Ready tells why the server must not be sent reviews yet, or nil.
	Ready func() error
	// Drain is how long reviews are still taken after the server has said that
	// it is not ready any more: until every API server has heard of it.
	Drain time.Duration
	Log   logr.Logger
}

// Run serves until the context ends, and then until what was begun is
// answered: first unready, then draining, then closed.
func (s *Server) Run(ctx context.Context) error {
	if err := checkAddress(s.Address); err != nil {
		return err
	}
	var draining, begun, listening atomic.Bool
	reviews := ctrlwebhook.NewServer(ctrlwebhook.Options{}) // for its handlers, which are measured
	reviews.Register(names.MutatePath, s.held(&begun, closing(&draining, s.Handler.Mutate())))
	reviews.Register(names.MutateOncePath, s.held(&begun, closing(&draining, s.Handler.MutateOnce())))
	reviews.Register(names.ValidatePath, s.held(&begun, closing(&draining, s.Handler.Validate())))

	health := serving.Health(func() error { return s.ready(&listening, &draining) })
	metrics := serving.Metrics(s.Metrics)

	// The servers outlive ctx by the time that it takes to drain.
	live, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, live := errgroup.WithContext(live)
	group.Go(func() error {
		if err := s.serve(live, reviews.WebhookMux(), &listening); err != nil {
			return &serving.Error{What: serving.Reviews, Address: s.Address, Err: err}
		}
		return nil
	})
	group.Go(func() error { return serving.Plain(live, serving.Probes, s.HealthAddress, health) })
	group.Go(func() error { return serving.Plain(live, serving.Measurements, s.MetricsAddress, metrics) })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			draining.Store(true)
			s.Log.Info("draining: unready, still answering", "for", s.Drain.String())
			wait(live, s.Drain)
			s.Log.Info("closing")
		case <-live.Done():
		}
		stop()
		return nil
	})
	return group.Wait()
}

// askAgain is how often a held review looks whether the server is ready.
const askAgain = 10 * time.Millisecond

// wait waits, or less when another server has failed.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// held keeps a review that comes before the server is ready until it is. Endpoints hear of a
// replica that has crashed only after it runs again, so reviews come to one that has read nothing
// yet, and is ready in a moment. One that has begun to evaluate can always evaluate, whatever
// becomes of its readiness: its reviews cost one load.
func (s *Server) held(begun *atomic.Bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !begun.Load() {
			if err := patiently(s.Ready); err != nil {
				serving.Answer(w, err)
				return
			}
			begun.Store(true)
		}
		next.ServeHTTP(w, req)
	})
}

// patiently asks again until there is no error, for as long as an API server waits. That a client
// goes away is not noticed, as its review has not been read.
func patiently(ask func() error) error {
	patience := time.After(names.TimeoutSeconds * time.Second)
	for {
		err := ask()
		if err == nil {
			return nil
		}
		select {
		case <-patience:
			return err
		case <-time.After(askAgain):
		}
	}
}

// closing makes clients that keep their connection open, as API servers do,
// look for another replica while this one drains.
func closing(draining *atomic.Bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, req)
	})
}

func (s *Server) ready(listening, draining *atomic.Bool) error {
	if draining.Load() {
		return errors.New("draining")
	}
	if err := s.Ready(); err != nil {
		return err
	}
	if !listening.Load() {
		return errors.New("not listening yet")
	}
	return nil
}

func checkAddress(address string) error {
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q: must be host:port or :port: %w", address, err)
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return fmt.Errorf("address %q: the port must be a number from 1 to 65535", address)
	}
	return nil
}
