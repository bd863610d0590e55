package auditserver_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/certs"
	"taffrail.dev/taffrail/internal/auditserver"
	"taffrail.dev/taffrail/internal/serving"
)

// free are addresses that nobody listens on.
func free(t *testing.T, n int) (addresses []string) {
	t.Helper()
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer func() { require.NoError(t, listener.Close()) }()
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses
}

func saying(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

// ask is the status and the body at a URL, or 0 where nobody answers.
func ask(client *http.Client, url string) (int, string) {
	response, err := client.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

func TestAServer(t *testing.T) {
	source, err := certs.NewSelfSigned()
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(source.CABundle()))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}

	addresses := free(t, 3)
	var isReady atomic.Bool
	server := &auditserver.Server{
		Address: addresses[0], HealthAddress: addresses[1], MetricsAddress: addresses[2],
		TLS: certs.TLSConfig(source), Page: saying("the page"), Metrics: prometheus.NewRegistry(),
		Ready: func() error {
			if !isReady.Load() {
				return errors.New("not yet")
			}
			return nil
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- server.Run(ctx) }()
	for url, want := range map[string]int{
		"https://" + addresses[0] + "/":       http.StatusOK,
		"http://" + addresses[1] + "/healthz": http.StatusOK,
		"http://" + addresses[1] + "/readyz":  http.StatusServiceUnavailable,
		"http://" + addresses[2] + "/metrics": http.StatusOK,
	} {
		require.Eventually(t, func() bool { code, _ := ask(client, url); return code == want }, patience, tick, url)
	}
	isReady.Store(true)
	code, _ := ask(client, "http://"+addresses[1]+"/readyz")
	assert.Equal(t, http.StatusOK, code)
	code, _ = ask(client, "http://"+addresses[0]+"/")
	assert.Equal(t, http.StatusBadRequest, code, "the page is read over TLS")

	cancel()
	require.NoError(t, <-ended)
}

// On this machine there is nobody to hide from.
func TestAServerWithoutTLS(t *testing.T) {
	address := free(t, 1)[0]
	server := &auditserver.Server{Address: address, HealthAddress: "0", MetricsAddress: "0", Page: saying("the page")}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- server.Run(ctx) }()
	require.Eventually(t, func() bool { _, body := ask(&http.Client{}, "http://"+address+"/"); return body == "the page" }, patience, tick)
	cancel()
	require.NoError(t, <-ended)
}

// What somebody reads when the Pod ends is read to its end.
func TestAServerEndsWithWhatItHasBegun(t *testing.T) {
	address := free(t, 1)[0]
	begun, goOn := make(chan struct{}), make(chan struct{})
	server := &auditserver.Server{
		Address: address, HealthAddress: "0", MetricsAddress: "0",
		Page: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(begun)
			<-goOn
			_, _ = io.WriteString(w, "all of it")
		}),
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- server.Run(ctx) }()
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, patience, tick)
	read := make(chan string)
	go func() { _, body := ask(&http.Client{}, "http://"+address+"/"); read <- body }()
	<-begun
	cancel()
	close(goOn)
	assert.Equal(t, "all of it", <-read)
	require.NoError(t, <-ended)
}

func TestAServerWhoseAddressIsTaken(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	server := &auditserver.Server{Address: listener.Addr().String(), HealthAddress: free(t, 1)[0], MetricsAddress: "0"}
	var failed *serving.Error
	require.ErrorAs(t, server.Run(t.Context()), &failed)
	assert.Equal(t, serving.Page, failed.What)
	require.ErrorIs(t, failed, syscall.EADDRINUSE)
}
