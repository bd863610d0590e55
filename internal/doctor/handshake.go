package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"time"
)

// dialTimeout: a replica that is reached at all is reached at once.
const dialTimeout = 3 * time.Second

// shakeHands shakes hands with a server and answers what it shows. Nothing is asked
// of it, and nothing is believed: whether to trust what it shows is the question.
func shakeHands(ctx context.Context, address, serverName string) ([]*x509.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{ServerName: serverName, InsecureSkipVerify: true}} //nolint:gosec // verified against each caBundle
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates, nil
}

// asksForCertificate tells whether a server asks whoever shakes hands for a certificate.
func asksForCertificate(ctx context.Context, address string) (asks bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // nothing is asked of it, and nothing believed
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asks = true
			return &tls.Certificate{}, nil
		},
	}}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return asks, err
	}
	return asks, connection.Close()
}

// nextBlock answers the content of the first certificate of a PEM file, and what comes after it.
func nextBlock(file []byte) (certificate, rest []byte) {
	for {
		block, after := pem.Decode(file)
		switch {
		case block == nil:
			return nil, nil
		case block.Type == "CERTIFICATE":
			return block.Bytes, after
		}
		file = after
	}
}
