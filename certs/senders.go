package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
	"github.com/go-logr/logr"
)

// ClientCA is the name under which Senders reports the authority of clients, as Serving and CA are.
const ClientCA = "client-ca"

// maxChain bounds the certificates that a client may show: each costs us work, and
// a client certificate has an intermediate authority or two.
const maxChain = 8

// maxKnown bounds how many certificates are remembered: an API server has one.
const maxKnown = 64

// Senders is who may send reviews: whoever shows a certificate that an authority in
// a file has signed, of a name where one is given. It follows the file.
type Senders struct {
	file, name string
	log        logr.Logger
	trusted    atomic.Pointer[trusted]
}

// trusted is what a file held, and whom it was found to vouch for.
type trusted struct {
	content []byte
	roots   *x509.CertPool
	expires time.Time

	mu    sync.Mutex
	known map[*x509.Certificate]time.Time // until when
}

// NewSenders reads the authorities of a file. With a name, a certificate must have
// it as its common name or among its DNS names.
func NewSenders(file, name string, log logr.Logger) (*Senders, error) {
	s := &Senders{file: file, name: name, log: log}
	return s, s.read()
}

// Configure has a server ask for certificates. It looks at none: Check does, at each request, so
// that an authority that is taken out of the file is not trusted any more on connections that are
// open. For the same reason no session is resumed, which would keep what was once found out.
func (s *Senders) Configure(config *tls.Config) {
	config.ClientAuth = tls.RequestClientCert
	config.SessionTicketsDisabled = true
}

// Check says why whoever is at the other end of a connection may not send reviews.
// That they have the key of their certificate was found out in the handshake.
func (s *Senders) Check(connection *tls.ConnectionState) error {
	if connection == nil || len(connection.PeerCertificates) == 0 {
		return errors.New("no client certificate was shown")
	}
	t, now := s.trusted.Load(), time.Now()
	if t.knows(connection.PeerCertificates[0], now) {
		return nil
	}
	return t.verify(connection.PeerCertificates, s.name, now)
}

// Expiry says when the first of the authorities expires.
func (s *Senders) Expiry() map[string]time.Time {
	return map[string]time.Time{ClientCA: s.trusted.Load().expires}
}

// Start follows the file until the context ends. What cannot be read is logged once,
// and the authorities before it stay.
func (s *Senders) Start(ctx context.Context) error {
	ticker := time.NewTicker(reread)
	defer ticker.Stop()
	refused := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		err := s.read()
		switch {
		case err == nil:
			refused = ""
		case err.Error() != refused:
			refused = err.Error()
			s.log.Error(err, "new authorities of clients refused, the last good ones stay")
		}
	}
}

func (s *Senders) read() error {
	content, err := os.ReadFile(s.file)
	if err != nil {
		return fmt.Errorf("read the authorities of clients: %w: --client-ca must be a file of PEM certificates", err)
	}
	before := s.trusted.Load()
	if before != nil && bytes.Equal(content, before.content) {
		return nil
	}
	authorities, err := pki.DecodeX509CertificateSetBytes(content)
	if err != nil {
		return fmt.Errorf("use %s: %w: --client-ca must be a file of PEM certificates", s.file, err)
	}
	t := &trusted{content: content, roots: x509.NewCertPool(), known: map[*x509.Certificate]time.Time{}}
	for _, authority := range authorities {
		t.roots.AddCert(authority)
		if t.expires.IsZero() || authority.NotAfter.Before(t.expires) {
			t.expires = authority.NotAfter
		}
	}
	s.trusted.Store(t)
	if before != nil {
		s.log.Info("clients are trusted by other authorities", "file", s.file, "authorities", len(authorities))
	}
	return nil
}

// knows spares a request what is found out once: a chain of signatures takes longer than a review.
func (t *trusted) knows(certificate *x509.Certificate, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	until, known := t.known[certificate]
	return known && now.Before(until)
}

func (t *trusted) verify(shown []*x509.Certificate, name string, now time.Time) error {
	if len(shown) > maxChain {
		return fmt.Errorf("%d certificates were shown: must be %d at most", len(shown), maxChain)
	}
	options := x509.VerifyOptions{
		Roots: t.roots, Intermediates: x509.NewCertPool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, intermediate := range shown[1:] {
		options.Intermediates.AddCert(intermediate)
	}
	leaf := shown[0]
	chains, err := leaf.Verify(options)
	if err != nil {
		return fmt.Errorf("the client certificate %q is not accepted: %w", leaf.Subject.CommonName, err)
	}
	if name != "" && leaf.Subject.CommonName != name && !slices.Contains(leaf.DNSNames, name) {
		return fmt.Errorf("the client certificate is of %q: must be of %q (--client-name)", leaf.Subject.CommonName, name)
	}
	t.remember(leaf, valid(chains))
	return nil
}

// valid is until when one of the chains holds.
func valid(chains [][]*x509.Certificate) (until time.Time) {
	for _, chain := range chains {
		first := chain[0].NotAfter
		for _, certificate := range chain {
			if certificate.NotAfter.Before(first) {
				first = certificate.NotAfter
			}
		}
		if first.After(until) {
			until = first
		}
	}
	return until
}

// remember keeps what was found out. Only what is accepted is kept: whoever has no
// certificate of the authority fills no memory.
func (t *trusted) remember(certificate *x509.Certificate, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= maxKnown {
		clear(t.known)
	}
	t.known[certificate] = until
}
