package certs

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
)

const (
	// caLife is longer than any process lives: the authority exists in one process's memory and is
	// never renewed, so that the file of WriteCA stays right.
	caLife   = 10 * 365 * 24 * time.Hour
	leafLife = 90 * 24 * time.Hour
)

var thisMachine = []string{"localhost", "127.0.0.1", "::1"}

// SelfSigned is a certificate for localhost, 127.0.0.1 and ::1 from an authority of its own. Both
// live in memory, in this process only: it is for local use, where there is nobody else to give us
// a certificate.
type SelfSigned struct {
	authority *authority

	mu      sync.Mutex
	leaf    *tls.Certificate
	renewAt time.Time
}

// NewSelfSigned makes the authority and the first certificate.
func NewSelfSigned() (*SelfSigned, error) {
	now := time.Now()
	// Who puts the file of WriteCA into a trust store trusts us for this machine, and for no other
	// name on earth.
	ca, err := newAuthority("taffrail self-signed authority", thisMachine, now, now.Add(caLife))
	if err != nil {
		return nil, fmt.Errorf("make a self-signed authority: %w", err)
	}
	s := &SelfSigned{authority: ca}
	return s, s.renew()
}

// GetCertificate gives the current certificate, and makes the next one at two thirds of its life.
func (s *SelfSigned) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.renewAt) {
		return s.leaf, nil
	}
	// A failed renewal fails no connection for as long as the old certificate is good: the next
	// connection tries again.
	if err := s.renew(); err != nil && time.Now().After(s.leaf.Leaf.NotAfter) {
		return nil, err
	}
	return s.leaf, nil
}

// Expiry says when the certificate and its authority expire. It renews as a connection does, so
// that a server that nobody calls does not look like one whose certificate has run out.
func (s *SelfSigned) Expiry() map[string]time.Time {
	expiry := map[string]time.Time{CA: s.authority.cert.NotAfter}
	if leaf, err := s.GetCertificate(nil); err == nil {
		expiry[Serving] = leaf.Leaf.NotAfter
	}
	return expiry
}

// Start waits for the end of the context: connections renew the certificate, so there is nothing to
// run.
func (s *SelfSigned) Start(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// CABundle is the authority, as PEM.
func (s *SelfSigned) CABundle() []byte {
	bundle, err := pki.EncodeX509(s.authority.cert)
	if err != nil {
		return nil // cannot be: it is a certificate that we have made
	}
	return bundle
}

// WriteCA writes the authority's certificate as PEM, for clients to trust (curl --cacert, a
// caBundle). The file appears whole: who waits for it never reads half of it.
func (s *SelfSigned) WriteCA(file string) error {
	content, err := pki.EncodeX509(s.authority.cert)
	if err == nil {
		err = writeWhole(file, content)
	}
	if err != nil {
		return fmt.Errorf("write the self-signed authority to %s: %w: --write-ca takes a file in a directory that exists and can be written", file, err)
	}
	return nil
}

func writeWhole(file string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	if err == nil {
		err = temporary.Chmod(0o644) // a certificate is public, and CreateTemp made the file for us alone
	}
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
	return err
}

// renew replaces the leaf, key and all, by a new one of the same authority.
func (s *SelfSigned) renew() error {
	now := time.Now()
	leaf, err := s.authority.issue(thisMachine, now, now.Add(leafLife))
	if err != nil {
		return fmt.Errorf("make a self-signed serving certificate: %w", err)
	}
	renewAt, err := pki.RenewalTime(leaf.Leaf.NotBefore, leaf.Leaf.NotAfter, nil, nil, nil) // no wishes: two thirds
	if err != nil {
		return fmt.Errorf("plan the renewal of the self-signed serving certificate: %w", err)
	}
	s.leaf, s.renewAt = leaf, renewAt.Time
	return nil
}
