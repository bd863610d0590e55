package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/certs"
)

// serve starts an HTTPS server with the certificate of source, as the webhook server does, and
// gives its address.
func serve(t *testing.T, source certs.Source) string {
	t.Helper()
	config := &tls.Config{NextProtos: []string{"h2"}} // what controller-runtime starts from
	certs.TLSConfig(source)(config)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	require.NoError(t, err)
	server := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Proto)) }),
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // clients that refuse a certificate are part of the tests
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

// served is the certificate that a new connection to address gets.
func served(t require.TestingT, address string, roots *x509.CertPool) *x509.Certificate {
	connection, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, ServerName: "localhost"})
	require.NoError(t, err)
	defer func() { _ = connection.Close() }()
	return connection.ConnectionState().PeerCertificates[0]
}

func TestTLSConfig(t *testing.T) {
	source, err := certs.NewSelfSigned()
	require.NoError(t, err)
	address := serve(t, source)

	for name, test := range map[string]struct {
		client *tls.Config
		proto  string
		err    string
	}{
		"TLS 1.3":                              {client: &tls.Config{MinVersion: tls.VersionTLS13}},
		"TLS 1.2":                              {client: &tls.Config{MaxVersion: tls.VersionTLS12}},
		"TLS 1.1 is refused":                   {client: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, err: "protocol version"},
		"HTTP/1.1 to who also speaks HTTP/2":   {client: &tls.Config{NextProtos: []string{"h2", "http/1.1"}}, proto: "http/1.1"},
		"HTTP/2 alone is refused":              {client: &tls.Config{NextProtos: []string{"h2"}}, err: "no application protocol"},
		"a client that negotiates no protocol": {client: &tls.Config{}},
	} {
		t.Run(name, func(t *testing.T) {
			client := test.client.Clone()
			client.InsecureSkipVerify = true // trust is the subject of other tests
			connection, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", address, client)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.proto, connection.ConnectionState().NegotiatedProtocol)
			require.NoError(t, connection.Close())
		})
	}
}

func TestHTTP2ClientGetsHTTP1(t *testing.T) {
	source, err := certs.NewSelfSigned()
	require.NoError(t, err)
	client := http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // trust is the subject of other tests
	}}
	response, err := client.Get("https://" + serve(t, source))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, "HTTP/1.1", response.Proto)
}
