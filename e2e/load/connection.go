//go:build linux

package load

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"
)

// A connection speaks HTTP/1.1 to a server, a request at a time, through the client of net/http, as an API
// server does: how a request is cut into writes, and when the next one comes, is half of what the cheapest
// server costs.
type connection struct {
	transport *http.Transport
	address   string
	answer    bytes.Buffer
}

// patience is how long an answer may take before the run is given up.
const patience = time.Minute

func dial(ctx context.Context, address string) (*connection, error) {
	dialer := &tls.Dialer{Config: insecure()}
	first, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c := &connection{address: address}
	c.transport = &http.Transport{
		ResponseHeaderTimeout: patience,
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
			own := first
			first = nil
			if own == nil {
				return nil, fmt.Errorf("the server has closed a connection")
			}
			return own, nil
		},
	}
	return c, nil
}

// insecure believes every server: each makes its own certificate, on the loopback. An API server speaks
// HTTP/1.1 to webhooks behind a Service.
func insecure() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}
}

func (c *connection) close() { c.transport.CloseIdleConnections() }

// exchange sends a request and reads the answer, which holds until the next.
func (c *connection) exchange(call call) (status int, answer []byte, err error) {
	request, err := http.NewRequest(http.MethodPost, "https://"+c.address+call.path+"?timeout=2s", bytes.NewReader(call.review))
	if err != nil {
		return 0, nil, err
	}
	request.Host = "taffrail.taffrail-system.svc:443"
	request.Header = http.Header{
		"Accept": {"application/json, */*"}, "Content-Type": {"application/json"}, "User-Agent": {"kube-apiserver-admission"},
	}
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return 0, nil, fmt.Errorf("sending a review: %w", err)
	}
	defer response.Body.Close()
	c.answer.Reset()
	if _, err := c.answer.ReadFrom(response.Body); err != nil {
		return 0, nil, fmt.Errorf("reading an answer: %w", err)
	}
	return response.StatusCode, c.answer.Bytes(), nil
}
