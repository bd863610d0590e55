package tracing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

const (
	// sendTimeout bounds a request: meanwhile the queue fills.
	sendTimeout = 5 * time.Second
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 64 << 10
)

// client sends spans to a collector.
type client struct {
	url    string
	header http.Header
	http   *http.Client
}

func newClient(endpoint Endpoint, version string) (*client, error) {
	header, err := headers()
	if err != nil {
		return nil, err
	}
	trusted, err := trust()
	if err != nil {
		return nil, err
	}
	header.Set("Content-Type", "application/x-protobuf")
	header.Set("User-Agent", "taffrail/"+version)
	return &client{url: endpoint.URL, header: header, http: &http.Client{
		Timeout: sendTimeout,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: trusted, ForceAttemptHTTP2: true,
			MaxConnsPerHost: 1, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: maxAnswer,
		},
		// A collector must not send us anywhere else, with the header that it may have been given.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// send sends spans once, and tells how many of them did not arrive.
func (c *client) send(ctx context.Context, spans []sdktrace.ReadOnlySpan) (lost int, err error) {
	body, err := proto.Marshal(encode(spans))
	if err != nil {
		return len(spans), err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return len(spans), err
	}
	request.Header = c.header
	response, err := c.http.Do(request)
	if err != nil {
		return len(spans), err // names the method and the URL
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if response.StatusCode != http.StatusOK {
		return len(spans), fmt.Errorf("POST %s: the collector answered %s", c.url, response.Status)
	}
	if err != nil {
		return len(spans), fmt.Errorf("POST %s: reading the answer: %w", c.url, err)
	}
	return refused(answer, len(spans))
}

// refused is how many spans the collector did not take, of those that were sent.
func refused(answer []byte, sent int) (int, error) {
	var said collector.ExportTraceServiceResponse
	_ = proto.Unmarshal(answer, &said) // it answered 200: what it adds in another format is not needed
	n := said.GetPartialSuccess().GetRejectedSpans()
	if n <= 0 {
		return 0, nil
	}
	return int(min(n, int64(sent))), errors.New("the collector refused some spans")
}
