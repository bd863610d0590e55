package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"
)

// tunnel makes connections to the component's port, through the API server. The Pod that it leads to
// may go; then the next connection looks for another.
type tunnel struct {
	config *rest.Config
	client rest.Interface
	// namespace is that of the component.
	namespace string

	mu         sync.Mutex
	connection httpstream.Connection
	port       int32
	made       int
}

// dial makes a connection, as http.Transport wants it.
func (t *tunnel) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	connection, headers, err := t.reach(ctx)
	if err != nil {
		return nil, err
	}
	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	failure, err := connection.CreateStream(headers)
	if err != nil {
		t.drop(connection)
		return nil, fmt.Errorf("opening a stream to the Pod: %w", err)
	}
	_ = failure.Close() // nothing is written into it
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err := connection.CreateStream(headers)
	if err != nil {
		t.drop(connection)
		return nil, fmt.Errorf("opening a stream to the Pod: %w", err)
	}
	s := &stream{Stream: data, done: func() { connection.RemoveStreams(failure, data) }}
	go s.watch(failure)
	return s, nil
}

// reach is the connection to a Pod, and the headers of the next stream in it.
func (t *tunnel) reach(ctx context.Context) (httpstream.Connection, http.Header, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.connection != nil && closed(t.connection) {
		t.connection = nil
	}
	if t.connection == nil {
		at, err := find(ctx, t.client, t.namespace)
		if err != nil {
			return nil, nil, err
		}
		if t.connection, err = t.forward(at.pod); err != nil {
			return nil, nil, fmt.Errorf("forwarding a port of Pod %s (the right to create pods/portforward in %s is needed): %w", at.pod, t.namespace, err)
		}
		t.port = at.port
	}
	t.made++
	headers := http.Header{}
	headers.Set(corev1.PortHeader, strconv.Itoa(int(t.port)))
	headers.Set(corev1.PortForwardRequestIDHeader, strconv.Itoa(t.made))
	return t.connection, headers, nil
}

func closed(connection httpstream.Connection) bool {
	select {
	case <-connection.CloseChan():
		return true
	default:
		return false
	}
}

// drop gives up a connection that makes no streams any more.
func (t *tunnel) drop(connection httpstream.Connection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = connection.Close()
	if t.connection == connection {
		t.connection = nil
	}
}

// forward opens a port-forward as kubectl does: by a WebSocket, and by SPDY where that is not known.
func (t *tunnel) forward(pod string) (httpstream.Connection, error) {
	url := t.client.Post().AbsPath("/api/v1/namespaces", t.namespace, "pods", pod, "portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(t.config)
	if err != nil {
		return nil, err
	}
	websocket, err := portforward.NewSPDYOverWebsocketDialerForStreaming(url, t.config)
	if err != nil {
		return nil, err
	}
	dialer := portforward.NewFallbackDialerForStreaming(websocket, spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, url),
		func(err error) bool { return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err) })
	connection, _, err := dialer.Dial(portforward.PortForwardProtocolV1Name)
	return connection, err
}

// close ends what is open.
func (t *tunnel) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.connection != nil {
		_ = t.connection.Close()
	}
}

// stream is a connection in the tunnel. It has no deadlines; those of requests end it.
type stream struct {
	httpstream.Stream
	done func()
	once sync.Once

	mu      sync.Mutex
	failure error
}

// watch waits for what the kubelet says went wrong, and ends the stream with it.
func (s *stream) watch(failure io.Reader) {
	said, err := io.ReadAll(io.LimitReader(failure, 4096))
	if err != nil || len(said) == 0 {
		return
	}
	s.mu.Lock()
	s.failure = errors.New(string(said))
	s.mu.Unlock()
	_ = s.Reset()
}

// Read reads, and fails with what the kubelet has said.
func (s *stream) Read(b []byte) (int, error) {
	n, err := s.Stream.Read(b)
	if err == nil {
		return n, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil {
		err = s.failure
	}
	return n, err
}

// Close ends both directions.
func (s *stream) Close() error {
	s.once.Do(s.done)
	return s.Reset()
}

// address names an end of the tunnel.
type address struct{}

func (address) Network() string { return "port-forward" }
func (address) String() string  { return "pod" }

func (s *stream) LocalAddr() net.Addr              { return address{} }
func (s *stream) RemoteAddr() net.Addr             { return address{} }
func (s *stream) SetDeadline(time.Time) error      { return nil }
func (s *stream) SetReadDeadline(time.Time) error  { return nil }
func (s *stream) SetWriteDeadline(time.Time) error { return nil }
