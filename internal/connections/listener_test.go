package connections_test

import (
	"net"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/internal/connections"
)

// names are those of connections: of a, who has the most of them, and of b.
var names = []string{"a1", "a2", "a3", "b1", "b2"}

// crowd are senders that connect, one after the other.
type crowd struct {
	next    chan net.Conn
	limited *connections.Listener
	// taken are the connections that the server has, by their name.
	taken map[string]net.Conn
	far   map[string]*closable
}

func (c *crowd) Accept() (net.Conn, error) {
	next, open := <-c.next
	if !open {
		return nil, net.ErrClosed
	}
	return next, nil
}

func (c *crowd) Close() error   { return nil }
func (c *crowd) Addr() net.Addr { return &net.TCPAddr{} }

// closable is a connection from an address, which tells whether it is closed.
type closable struct {
	net.Conn
	from   string
	port   int
	closed bool
}

func (c *closable) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(c.from), Port: c.port} }
func (c *closable) Close() error         { c.closed = true; return nil }

func newCrowd(t *testing.T, most int) *crowd {
	c := &crowd{next: make(chan net.Conn), taken: map[string]net.Conn{}, far: map[string]*closable{}}
	c.limited = connections.Limit(c, most)
	go func() {
		for {
			taken, err := c.limited.Accept()
			if err != nil {
				return
			}
			c.taken[names[taken.RemoteAddr().(*net.TCPAddr).Port]] = taken
		}
	}()
	t.Cleanup(func() { close(c.next) })
	return c
}

// connect connects from an address, and tells whether the server took it.
func (c *crowd) connect(name, from string) bool {
	c.far[name] = &closable{from: from, port: slices.Index(names, name)}
	c.next <- c.far[name]
	synctest.Wait()
	return c.taken[name] != nil
}

func (c *crowd) is(state http.ConnState, names ...string) {
	for _, name := range names {
		c.limited.Observe(c.taken[name], state)
		time.Sleep(time.Millisecond) // of two that change at the same time, neither is the older
	}
}

func (c *crowd) closed() (given []string) {
	for _, name := range names {
		if far := c.far[name]; far != nil && far.closed {
			given = append(given, name)
		}
	}
	return given
}

func TestOneSenderMayHaveAllConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 3)
		assert.True(t, c.connect("a1", "192.0.2.1"))
		assert.True(t, c.connect("a2", "192.0.2.1"))
		assert.True(t, c.connect("a3", "192.0.2.1"))
		assert.Equal(t, 3, c.limited.Open())
		assert.Empty(t, c.closed())
	})
}

func TestAnotherSenderGetsOneOfThem(t *testing.T) {
	for _, test := range []struct {
		name   string
		active []string
		given  string
	}{
		{"the oldest that has no request in work", []string{"a1"}, "a2"},
		{"the oldest where all have one", []string{"a1", "a2", "a3"}, "a1"},
		{"the oldest where none has one", nil, "a1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, 3)
				for _, name := range []string{"a1", "a2", "a3"} {
					c.connect(name, "192.0.2.1")
					time.Sleep(time.Millisecond)
				}
				c.is(http.StateActive, test.active...)
				assert.True(t, c.connect("b1", "192.0.2.2"))
				assert.Equal(t, []string{test.given}, c.closed())
				assert.Equal(t, 3, c.limited.Open())
			})
		})
	}
}

func TestTheSenderWithTheMostGivesOneUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 3)
		c.connect("b1", "192.0.2.2")
		time.Sleep(time.Millisecond)
		c.connect("a1", "192.0.2.1")
		c.connect("a2", "192.0.2.1")
		c.is(http.StateActive, "a1", "a2")
		c.connect("b2", "192.0.2.2")
		assert.Len(t, c.closed(), 1)
		assert.NotContains(t, c.closed(), "b1", "it waits for nothing, and is older, and its sender has no more")
	})
}

// Else whoever connects again and again would have us shake hands again and again.
func TestTheSenderWithTheMostGetsNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 2)
		c.connect("a1", "192.0.2.1")
		c.connect("a2", "192.0.2.1")
		c.is(http.StateActive, "a2")
		assert.False(t, c.connect("a3", "192.0.2.1"), "both are needed, or may be in a moment")
		assert.Equal(t, []string{"a3"}, c.closed())
		time.Sleep(3 * time.Second)
		assert.True(t, c.connect("a3", "192.0.2.1"), "one has waited for nothing for long")
		assert.Equal(t, []string{"a1"}, c.closed())
	})
}

func TestAClosedConnectionMakesPlaceForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 1)
		c.connect("a1", "192.0.2.1")
		assert.NoError(t, c.taken["a1"].Close())
		assert.NoError(t, c.taken["a1"].Close(), "once is what counts")
		assert.Zero(t, c.limited.Open())
		assert.True(t, c.connect("b1", "192.0.2.2"))
		assert.Equal(t, 1, c.limited.Open())
	})
}
