package webhook_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/webhook"
)

// A replica that has crashed is called again before it has read the Guardrails.
func TestAReviewThatComesBeforeTheServerIsReadyIsHeld(t *testing.T) {
	var set atomic.Pointer[guardrail.Set]
	handler := newHandler(t)
	ready := handler.Set()
	handler.Set = set.Load
	url := runServer(t, handler, func() error {
		if set.Load() == nil {
			return errors.New("the Guardrails have not been read")
		}
		return nil
	})

	answer := early(t, url)
	set.Store(ready)
	assert.Equal(t, outcome{status: http.StatusOK}, <-answer)
}

// Its authority comes from the API server too: the alert "internal error" would fail the admission.
func TestAHandshakeThatComesBeforeTheCertificateIsHeld(t *testing.T) {
	var there atomic.Bool
	url := runServerWith(t, newHandler(t), func() error { return nil }, func(pair *tls.Certificate) (*tls.Certificate, error) {
		if !there.Load() {
			return nil, errors.New("no serving certificate yet")
		}
		return pair, nil
	})

	answer := early(t, url)
	there.Store(true)
	assert.Equal(t, outcome{status: http.StatusOK}, <-answer)
}

// outcome is what a client has of a review.
type outcome struct {
	status int
	err    error
}

// early sends a review that is not to be answered yet, and gives the outcome once there is one.
func early(t *testing.T, url string) <-chan outcome {
	t.Helper()
	answer := make(chan outcome, 1)
	client := insecure()
	go func() {
		response, err := client.Post(url+names.ValidatePath, "application/json", strings.NewReader(pod(`{}`)))
		if err == nil {
			_ = response.Body.Close()
			answer <- outcome{status: response.StatusCode}
			return
		}
		answer <- outcome{err: err}
	}()
	select {
	case o := <-answer:
		require.Fail(t, "answered before the server was ready", "%+v", o)
	case <-time.After(200 * time.Millisecond):
	}
	return answer
}

// No review is held for longer than its API server waits.
func TestAReviewIsNotHeldForEver(t *testing.T) {
	handler := newHandler(t)
	handler.Set = func() *guardrail.Set { return nil }
	url := runServer(t, handler, func() error { return errors.New("the Guardrails have not been read") })
	response, err := insecure().Post(url+names.ValidatePath, "application/json", strings.NewReader(pod(`{}`)))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
}

// What is wrong later (a certificate that is not renewed) makes no review wait.
func TestAServerThatHasBegunHoldsNothing(t *testing.T) {
	var wrong atomic.Bool
	url := runServer(t, newHandler(t), func() error {
		if wrong.Load() {
			return errors.New("the certificate has expired")
		}
		return nil
	})
	for range 2 {
		response, err := insecure().Post(url+names.ValidatePath, "application/json", strings.NewReader(pod(`{}`)))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusOK, response.StatusCode)
		wrong.Store(true)
	}
}

// runServer serves a handler until the test ends, and answers where.
func runServer(t *testing.T, handler *webhook.Handler, ready func() error) string {
	t.Helper()
	return runServerWith(t, handler, ready, func(pair *tls.Certificate) (*tls.Certificate, error) { return pair, nil })
}

// runServerWith is runServer with a say in when there is a certificate.
func runServerWith(
	t *testing.T, handler *webhook.Handler, ready func() error, certificate func(*tls.Certificate) (*tls.Certificate, error),
) string {
	t.Helper()
	pair := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(pair.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	server := &webhook.Server{
		Address: address, HealthAddress: "0", MetricsAddress: "0",
		TLS: func(config *tls.Config) {
			config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate(&pair.TLS.Certificates[0]) }
		},
		Handler: handler, Metrics: prometheus.NewRegistry(), Ready: ready, Log: logr.Discard(),
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			_ = connection.Close()
		}
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
	return "https://" + address
}

func insecure() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
}
