package webhook

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipes is a listener of connections within the process, where time is the test's.
type pipes struct{ next chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	c, open := <-p.next
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p pipes) Close() error { return nil }
func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

// connected has a sender do something with a connection to a server, and answers
// after how long the server has closed it.
func connected(t *testing.T, do func(t *testing.T, raw net.Conn, secured *tls.Conn)) (closedAfter time.Duration) {
	pair := httptest.NewTLSServer(nil) // for its certificate
	certificate := pair.TLS.Certificates[0]
	pair.Close()
	synctest.Test(t, func(t *testing.T) {
		handler := busy(t, func(*account) int { return 0 })
		server := (&Server{Log: logr.Discard()}).server(handler.Mutate())
		listener := pipes{make(chan net.Conn)}
		go func() {
			_ = server.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}}))
		}()
		client, theirs := net.Pipe()
		closed := toldOf{theirs, make(chan struct{})}
		listener.next <- &closed
		began := time.Now()
		go do(t, client, tls.Client(client, &tls.Config{InsecureSkipVerify: true}))
		<-closed.closed
		closedAfter = time.Since(began)
		_ = client.Close()
		close(listener.next)
		time.Sleep(time.Minute) // of the test's time: senders find out, and end
	})
	return closedAfter
}

// toldOf tells when a connection is closed.
type toldOf struct {
	net.Conn
	closed chan struct{}
}

func (c *toldOf) Close() error {
	select {
	case <-c.closed:
	default:
		close(c.closed)
	}
	return c.Conn.Close()
}

// Nothing that a sender begins, and does not end, lasts for ever.
func TestEveryConnectionEnds(t *testing.T) {
	const header = "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	review := configMap(100)
	post := header + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(review))
	slowly := func(w io.Writer, text string) {
		for i := range len(text) {
			if _, err := io.WriteString(w, text[i:i+1]); err != nil {
				return
			}
			time.Sleep(300 * time.Millisecond)
		}
	}
	for name, test := range map[string]struct {
		do    func(t *testing.T, raw net.Conn, secured *tls.Conn)
		after time.Duration
	}{
		"nothing is sent": {func(*testing.T, net.Conn, *tls.Conn) {}, headerTimeout},
		"a handshake that is not ended": {func(_ *testing.T, raw net.Conn, _ *tls.Conn) {
			slowly(raw, strings.Repeat("\x16\x03\x01\x02\x00", 100))
		}, headerTimeout},
		"no request after the handshake": {func(_ *testing.T, _ net.Conn, secured *tls.Conn) {
			_ = secured.Handshake()
			_, _ = io.Copy(io.Discard, secured)
		}, headerTimeout},
		"a header byte by byte": {func(_ *testing.T, _ net.Conn, secured *tls.Conn) {
			go slowly(secured, header)
			_, _ = io.Copy(io.Discard, secured)
		}, headerTimeout},
		"a body that does not come": {func(_ *testing.T, _ net.Conn, secured *tls.Conn) {
			_, _ = io.WriteString(secured, post+"{")
			_, _ = io.Copy(io.Discard, secured)
		}, 2500 * time.Millisecond},
		"a body byte by byte": {func(_ *testing.T, _ net.Conn, secured *tls.Conn) {
			go slowly(secured, post+review)
			_, _ = io.Copy(io.Discard, secured)
		}, headerTimeout},
		// 3 s, and 5 in which TLS says goodbye.
		"an answer that is not read": {func(_ *testing.T, _ net.Conn, secured *tls.Conn) { _, _ = io.WriteString(secured, post+review) }, 8 * time.Second},
		"nothing more after an answer": {func(_ *testing.T, _ net.Conn, secured *tls.Conn) {
			_, _ = io.WriteString(secured, post+review)
			_, _ = io.Copy(io.Discard, secured)
		}, idleTimeout},
		"half a request after an answer": {func(_ *testing.T, _ net.Conn, secured *tls.Conn) {
			go func() { _, _ = io.WriteString(secured, post+review+"POST") }()
			_, _ = io.Copy(io.Discard, secured)
		}, headerTimeout},
		"a header of more than 16 KiB": {func(_ *testing.T, _ net.Conn, secured *tls.Conn) {
			go func() { _, _ = io.WriteString(secured, header+"X: "+strings.Repeat("x", 64<<10)) }()
			_, _ = io.Copy(io.Discard, secured)
		}, 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			assert.InDelta(t, test.after.Seconds(), connected(t, test.do).Seconds(), 0.6)
		})
	}
}

// A body may come slowly as long as it comes in time.
func TestABodyThatComesInTimeIsAnswered(t *testing.T) {
	review := configMap(100)
	connected(t, func(t *testing.T, _ net.Conn, secured *tls.Conn) {
		_, err := fmt.Fprintf(secured, "POST /mutate?timeout=5s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(review))
		require.NoError(t, err)
		for part := range strings.SplitAfterSeq(review, ",") {
			_, err := io.WriteString(secured, part)
			require.NoError(t, err)
			time.Sleep(200 * time.Millisecond)
		}
		answer, err := io.ReadAll(secured)
		require.NoError(t, err)
		assert.Contains(t, string(answer), `"allowed":true`)
	})
}
