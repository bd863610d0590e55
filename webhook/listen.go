package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	bounded "taffrail.dev/taffrail/internal/connections"
)

// Limits of a connection. controller-runtime's server has none for answers that are not read and
// none for the number of connections, and cannot be given any, so the server is ours.
const (
	// maxConnections is more than the requests that three API servers send at a time
	// to one of two replicas, each of 5,000 nodes. One takes some 40 KiB.
	maxConnections = 512
	// headerTimeout bounds a TLS handshake, and the header of a request: an API server
	// gives up after 2 s.
	headerTimeout = 5 * time.Second
	// answerTimeout bounds a request from its header to the end of its answer; the
	// handler sets a time of its own, which is shorter.
	answerTimeout = maxPatience + 5*time.Second
	// idleTimeout is that of the API server's own connections (http.DefaultTransport).
	idleTimeout = 90 * time.Second
	// maxHeaderBytes is thirty times what an API server sends.
	maxHeaderBytes = 16 << 10
	// closeTimeout bounds how long requests in work are waited for at the end.
	closeTimeout = time.Minute
)

// serve answers reviews until the context ends, and then until what was begun is answered.
func (s *Server) serve(ctx context.Context, handler http.Handler, listening *atomic.Bool) error {
	config := &tls.Config{NextProtos: []string{"http/1.1"}}
	s.TLS(config)
	config.GetCertificate = heldHandshake(config.GetCertificate)
	accepting, err := net.Listen("tcp", s.Address)
	if err != nil {
		return err
	}
	limited := bounded.Limit(accepting, maxConnections)
	server := s.server(handler)
	server.ConnState = limited.Observe
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if err := server.Shutdown(ending); err != nil {
			s.Log.Error(err, "closing before all was answered")
		}
	}()
	listening.Store(true)
	if err := server.Serve(tls.NewListener(limited, config)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-closed
	return nil
}

// heldHandshake keeps a handshake that comes before there is a certificate until there is one, as
// held keeps a review: the alert "internal error", at once, would be the end of the admission. Once
// there is a certificate there always is, until the process ends.
func heldHandshake(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return func(hello *tls.ClientHelloInfo) (certificate *tls.Certificate, err error) {
		err = patiently(func() error {
			certificate, err = get(hello)
			return err
		})
		return certificate, err
	}
}

// server is one on which nothing that a sender begins lasts for ever.
func (s *Server) server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
}
