package certs

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
	corev1 "k8s.io/api/core/v1"
)

// The keys of the Secret, besides tls.crt and tls.key: who signs.
const (
	trustedKey  = "ca.crt" // all whom clients must trust
	nextCertKey = "next.crt"
	nextKeyKey  = "next.key"
)

// state is what the Secret holds, all of it: a new leader goes on from there.
type state struct {
	current *authority // who signs
	next    *authority // who will, once it is known that clients trust it; nil most of the time
	trusted []*x509.Certificate
}

// readState reads a Secret as far as it makes sense, and says what does not.
func readState(data map[string][]byte) (state, error) {
	var s state
	var problems []error
	var err error
	if s.current, err = parseAuthority(data[corev1.TLSCertKey], data[corev1.TLSPrivateKeyKey]); err != nil {
		problems = append(problems, fmt.Errorf("tls.crt with tls.key: %w", err))
	}
	if len(data[nextCertKey]) > 0 || len(data[nextKeyKey]) > 0 {
		if s.next, err = parseAuthority(data[nextCertKey], data[nextKeyKey]); err != nil {
			problems = append(problems, fmt.Errorf("next.crt with next.key: %w", err))
		}
	}
	if s.trusted, err = pki.DecodeX509CertificateSetBytes(data[trustedKey]); err != nil {
		problems = append(problems, fmt.Errorf("ca.crt: %w", err))
	}
	return s, errors.Join(problems...)
}

// into writes the state into a Secret's data, and says whether that changes anything.
func (s state) into(data map[string][]byte) (changed bool, err error) {
	want := map[string][]byte{nextCertKey: nil, nextKeyKey: nil, trustedKey: bundle(s.trusted)}
	if want[corev1.TLSCertKey], want[corev1.TLSPrivateKeyKey], err = s.current.encode(); err != nil {
		return false, err
	}
	if s.next != nil {
		if want[nextCertKey], want[nextKeyKey], err = s.next.encode(); err != nil {
			return false, err
		}
	}
	for key, value := range want {
		if bytes.Equal(data[key], value) {
			continue
		}
		changed = true
		if value == nil {
			delete(data, key)
			continue
		}
		data[key] = value
	}
	return changed, nil
}

// trust are the certificates that have not expired, each once.
func trust(now time.Time, certificates ...*x509.Certificate) []*x509.Certificate {
	var all []*x509.Certificate
	for _, c := range certificates {
		if now.Before(c.NotAfter) && !slices.ContainsFunc(all, c.Equal) {
			all = append(all, c)
		}
	}
	return all
}

// bundle is certificates as PEM.
func bundle(certificates []*x509.Certificate) []byte {
	var all bytes.Buffer
	for _, c := range certificates {
		encoded, err := pki.EncodeX509(c)
		if err != nil {
			continue // cannot be: it has been parsed
		}
		all.Write(encoded)
	}
	return all.Bytes()
}

// holds says whether a bundle holds a certificate.
func holds(pem []byte, certificate *x509.Certificate) bool {
	all, err := pki.DecodeX509CertificateSetBytes(pem)
	return err == nil && slices.ContainsFunc(all, certificate.Equal)
}
