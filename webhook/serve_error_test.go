package webhook_test

import (
	"crypto/tls"
	"net"
	"syscall"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/serving"
	"taffrail.dev/taffrail/webhook"
)

// Whoever starts a server is told which of its three ports is taken.
func TestATakenPortSaysWhatItIsFor(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	taken := listener.Addr().String()
	for serves, server := range map[serving.What]*webhook.Server{
		serving.Reviews:      {Address: taken, HealthAddress: "0", MetricsAddress: "0"},
		serving.Probes:       {Address: free(t), HealthAddress: taken, MetricsAddress: "0"},
		serving.Measurements: {Address: free(t), HealthAddress: "0", MetricsAddress: taken},
	} {
		server.TLS, server.Handler, server.Metrics = func(*tls.Config) {}, newHandler(t), prometheus.NewRegistry()
		server.Ready, server.Log = func() error { return nil }, logr.Discard()
		var failed *serving.Error
		require.ErrorAs(t, server.Run(t.Context()), &failed)
		assert.Equal(t, serves, failed.What)
		assert.Equal(t, taken, failed.Address)
		require.ErrorIs(t, failed, syscall.EADDRINUSE)
	}
}

// free is an address that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}
