package webhook_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever sends their review too slowly is not waited for.
func TestABodyThatDoesNotArrive(t *testing.T) {
	handler := newHandler(t).Validate()
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		listener := &oneConnection{conn: server, closed: make(chan struct{})}
		go func() { _ = (&http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}).Serve(listener) }()
		defer close(listener.closed)
		start := time.Now()
		_, err := client.Write([]byte("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"))
		require.NoError(t, err)

		answer := make([]byte, 4096)
		n, err := client.Read(answer)
		require.NoError(t, err)
		assert.Equal(t, 2*time.Second, time.Since(start), "an API server waits no longer")
		assert.True(t, strings.HasPrefix(string(answer[:n]), "HTTP/1.1 400 "), "%s", answer[:n])
		require.NoError(t, client.Close())
	})
}

type oneConnection struct {
	conn   net.Conn
	closed chan struct{}
}

func (l *oneConnection) Accept() (net.Conn, error) {
	if conn := l.conn; conn != nil {
		l.conn = nil
		return conn, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConnection) Close() error   { return nil }
func (l *oneConnection) Addr() net.Addr { return &net.TCPAddr{} }
