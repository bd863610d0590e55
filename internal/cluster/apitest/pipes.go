package apitest

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"
)

// pipes are connections in memory.
type pipes struct {
	waiting chan net.Conn
	closed  chan struct{}
	close   *sync.Once
}

func newPipes() pipes { return pipes{make(chan net.Conn), make(chan struct{}), &sync.Once{}} }

// Accept answers the server's end of the next connection.
func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.waiting:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close refuses connections from now on.
func (p pipes) Close() error {
	p.close.Do(func() { close(p.closed) })
	return nil
}

// Addr is on this machine, for which no proxy is asked.
func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 6443} }

func (p pipes) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.waiting <- server:
		return client, nil
	case <-p.closed:
		return nil, &net.OpError{Op: "dial", Net: network, Addr: p.Addr(), Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
