// Package connections bounds the connections of a server, and shares them out
// among those who connect.
package connections

import (
	"net"
	"net/http"
	"sync"
	"time"

	"taffrail.dev/taffrail/internal/sender"
)

// Kernel memory of a connection for what has come and is not read, and for what is not sent yet, in
// bytes. Without a bound the kernel gives megabytes to each, which count as those of the container.
const (
	receiveBuffer = 128 << 10
	sendBuffer    = 64 << 10
)

// Listener accepts so many connections and no more. When all are taken, the sender
// that has the most of them gives one up for the next: one that waits for nothing
// rather than one with a request in work. So one sender may have them all while
// nobody else wants any, and takes none from another.
type Listener struct {
	net.Listener
	most int

	mu       sync.Mutex
	open     map[*conn]bool
	bySender map[string]int
}

// conn is a connection that is counted.
type conn struct {
	net.Conn
	listener *Listener
	sender   string
	busy     bool      // a request is in work
	since    time.Time // it has been so
}

// Limit bounds the connections of a listener.
func Limit(listener net.Listener, most int) *Listener {
	return &Listener{Listener: listener, most: most, open: map[*conn]bool{}, bySender: map[string]int{}}
}

// Accept waits for the next connection that there is a place for.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := l.admit(accepted); c != nil {
			return c, nil
		}
		_ = accepted.Close()
	}
}

// Observe is for http.Server.ConnState: it learns which connections have a request in work.
func (l *Listener) Observe(c net.Conn, state http.ConnState) {
	if secured, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = secured.NetConn()
	}
	if counted, ok := c.(*conn); ok {
		l.mu.Lock()
		defer l.mu.Unlock()
		counted.busy, counted.since = state == http.StateActive, time.Now()
	}
}

// Open is how many connections there are.
func (l *Listener) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

func (l *Listener) admit(accepted net.Conn) *conn {
	if tcp, ok := accepted.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(receiveBuffer)
		_ = tcp.SetWriteBuffer(sendBuffer)
	}
	c := &conn{Conn: accepted, listener: l, sender: sender.Of(accepted.RemoteAddr().String()), since: time.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) >= l.most {
		given := l.givenUpFor(c.sender)
		if given == nil {
			return nil
		}
		l.forget(given)
		_ = given.Conn.Close()
	}
	l.open[c] = true
	l.bySender[c.sender]++
	return c
}

// stale is how long a connection must have waited for nothing until its own sender gets another for
// it. Who connects again and again would else have us shake hands again and again.
const stale = 2 * time.Second

// givenUpFor is the connection that is closed for one of a sender, or nil when that
// sender has the most itself, and needs each.
func (l *Listener) givenUpFor(sender string) *conn {
	greediest := sender
	for other, n := range l.bySender {
		if n > l.bySender[greediest] {
			greediest = other
		}
	}
	var given *conn
	for c := range l.open {
		if c.sender != greediest || c.sender == sender && (c.busy || time.Since(c.since) < stale) {
			continue
		}
		if given == nil || before(c, given) {
			given = c
		}
	}
	return given
}

// before tells whether one connection is given up before another.
func before(one, other *conn) bool {
	if one.busy != other.busy {
		return other.busy
	}
	return one.since.Before(other.since)
}

func (l *Listener) forget(c *conn) {
	if !l.open[c] {
		return
	}
	delete(l.open, c)
	if l.bySender[c.sender]--; l.bySender[c.sender] == 0 {
		delete(l.bySender, c.sender)
	}
}

func (c *conn) Close() error {
	c.listener.mu.Lock()
	c.listener.forget(c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}
