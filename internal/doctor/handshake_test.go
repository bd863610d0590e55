package doctor

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tlsServer is one outside of the cluster, whose certificate nobody here trusts.
func tlsServer(t *testing.T, clients tls.ClientAuthType) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{ClientAuth: clients}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// Whether to trust it is the question, so what is shown is answered all the same.
func TestWhatAServerShows(t *testing.T) {
	server := tlsServer(t, tls.NoClientCert)
	shown, err := shakeHands(t.Context(), server.Listener.Addr().String(), serverName)
	require.NoError(t, err)
	require.NotEmpty(t, shown)
	assert.Equal(t, server.Certificate().Raw, shown[0].Raw)
}

func TestWhetherAServerAsksForACertificate(t *testing.T) {
	for name, test := range map[string]struct {
		clients tls.ClientAuthType
		asks    bool
	}{
		"of nobody":        {tls.NoClientCert, false},
		"whoever has one":  {tls.RequestClientCert, true},
		"of all who come":  {tls.RequireAnyClientCert, true},
		"that it verifies": {tls.RequireAndVerifyClientCert, true},
	} {
		t.Run(name, func(t *testing.T) {
			asks, err := asksForCertificate(t.Context(), tlsServer(t, test.clients).Listener.Addr().String())
			require.NoError(t, err)
			assert.Equal(t, test.asks, asks)
		})
	}
}

func TestAServerThatDoesNotShakeHands(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts, as behind a firewall
	require.NoError(t, err)
	t.Cleanup(func() { silent.Close() })
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, gone.Close())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for address, test := range map[string]struct {
		ctx  context.Context
		says string
	}{
		gone.Addr().String():   {t.Context(), "connection refused"},
		silent.Addr().String(): {ended, "canceled"},
	} {
		_, err := shakeHands(test.ctx, address, serverName)
		require.ErrorContains(t, err, test.says)
		_, err = asksForCertificate(test.ctx, address)
		require.ErrorContains(t, err, test.says)
	}
}
