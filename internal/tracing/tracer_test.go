package tracing

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

const (
	traceID, parentID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	parent            = "00-" + traceID + "-" + parentID + "-01"
)

// received is a collector that keeps what it was sent.
type received struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*collector.ExportTraceServiceRequest
	headers  []http.Header
	paths    []string
	status   int
	answer   []byte
}

func newCollector(t *testing.T, start func(http.Handler) *httptest.Server) *received {
	t.Helper()
	r := &received{status: http.StatusOK}
	r.Server = start(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		request := &collector.ExportTraceServiceRequest{}
		assert.NoError(t, proto.Unmarshal(body, request))
		r.mu.Lock()
		defer r.mu.Unlock()
		r.requests, r.headers, r.paths = append(r.requests, request), append(r.headers, req.Header), append(r.paths, req.Method+" "+req.URL.Path)
		w.WriteHeader(r.status)
		_, _ = w.Write(r.answer)
	}))
	t.Cleanup(r.Close)
	return r
}

func newTracer(t *testing.T, endpoint string, log logr.Logger) *Tracer {
	t.Helper()
	parsed, err := ParseEndpoint(endpoint)
	require.NoError(t, err)
	tracer, err := New(Options{Endpoint: parsed, Version: "v1.2.3", Metrics: prometheus.NewRegistry(), Log: log})
	require.NoError(t, err)
	t.Cleanup(tracer.client.http.CloseIdleConnections)
	return tracer
}

func headersOf(parent string) http.Header { return http.Header{"Traceparent": {parent}} }

// one makes a span.
func (t *Tracer) one(from string) {
	t.Start(headersOf(parent), from, "validate", time.Now()).End(&Review{Result: "allowed"}, time.Millisecond)
}

// flush runs the tracer, and ends it.
func flush(t *testing.T, tracer *Tracer) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, tracer.Run(ctx))
}

func TestASpanJoinsTheTraceThatTheReviewCameWith(t *testing.T) {
	to := newCollector(t, httptest.NewServer)
	tracer := newTracer(t, to.URL, logr.Discard())
	start := time.Unix(1700000000, 0)
	span := tracer.Start(headersOf(parent), "192.0.2.1", "validate", start)
	assert.Equal(t, traceID, span.TraceID())
	span.End(&Review{
		Result: "denied", Operation: "CREATE", Kind: "Pod", Resource: "pods", Namespace: "shop", Guardrails: []string{"default"},
		Slowest: []Check{{"default/pod-security", 90 * time.Microsecond}, {"default/host-network", 7 * time.Microsecond}},
	}, 3*time.Millisecond)
	flush(t, tracer)

	require.Len(t, to.requests, 1)
	assert.Equal(t, []string{"POST /v1/traces"}, to.paths)
	assert.Equal(t, "application/x-protobuf", to.headers[0].Get("Content-Type"))
	assert.Equal(t, "taffrail/v1.2.3", to.headers[0].Get("User-Agent"))
	about := texts(to.requests[0].ResourceSpans[0].Resource.Attributes)
	assert.Equal(t, "taffrail", about["service.name"])
	assert.Equal(t, "v1.2.3", about["service.version"])
	assert.NotEmpty(t, about["service.instance.id"])

	sent := to.requests[0].ResourceSpans[0].ScopeSpans[0].Spans[0]
	assert.Equal(t, traceID, hexOf(sent.TraceId))
	assert.Equal(t, parentID, hexOf(sent.ParentSpanId))
	assert.Len(t, sent.SpanId, 8)
	assert.Equal(t, "validate", sent.Name)
	assert.Equal(t, otlp.Span_SPAN_KIND_SERVER, sent.Kind)
	assert.EqualValues(t, start.UnixNano(), sent.StartTimeUnixNano)
	assert.EqualValues(t, start.Add(3*time.Millisecond).UnixNano(), sent.EndTimeUnixNano)
	assert.Nil(t, sent.Status)
	assert.Equal(t, map[string]string{
		"taffrail.result": "denied", "taffrail.operation": "CREATE", "taffrail.kind": "Pod", "taffrail.resource": "pods",
		"k8s.namespace.name": "shop", "taffrail.guardrails": "[default]",
		"taffrail.slowest": "[default/pod-security default/host-network]", "taffrail.slowest.microseconds": "[90 7]",
	}, texts(sent.Attributes))
	assert.Equal(t, 1, count(tracer.exported))
	assert.Zero(t, count(tracer.dropped))
}

func TestWhatCouldNotBeEvaluatedIsAnErrorWithoutText(t *testing.T) {
	to := newCollector(t, httptest.NewServer)
	tracer := newTracer(t, to.URL, logr.Discard())
	tracer.Start(headersOf(parent), "192.0.2.1", "validate", time.Now()).End(&Review{Result: "error", Failed: true}, 1)
	flush(t, tracer)
	status := to.requests[0].ResourceSpans[0].ScopeSpans[0].Spans[0].Status
	assert.Equal(t, otlp.Status_STATUS_CODE_ERROR, status.Code)
	assert.Empty(t, status.Message)
}

// What is not sampled is no span, and costs nothing. Neither does it where there is no Tracer.
func TestWhatIsNotSampledIsNoSpan(t *testing.T) {
	tracer := newTracer(t, "127.0.0.1:4318", logr.Discard())
	for name, header := range map[string]http.Header{
		"no trace":              {},
		"not sampled":           headersOf("00-" + traceID + "-" + parentID + "-00"),
		"random, not sampled":   headersOf("00-" + traceID + "-" + parentID + "-02"),
		"cut short":             headersOf("00-" + traceID + "-" + parentID + "-"),
		"empty":                 headersOf(""),
		"no trace, no tracer":   nil,
		"sampled, but no trace": headersOf("00-" + strings.Repeat("0", 32) + "-" + parentID + "-01"),
		"no number":             headersOf("00-" + strings.Repeat("x", 32) + "-" + parentID + "-01"),
		"of no version":         headersOf("ff-" + traceID + "-" + parentID + "-01"),
	} {
		span := tracer.Start(header, "192.0.2.1", "validate", time.Now())
		assert.Nil(t, span, name)
		assert.Empty(t, span.TraceID(), name)
		span.End(&Review{}, time.Second)
	}
	assert.Empty(t, tracer.queue.spans)
	assert.Nil(t, (*Tracer)(nil).Start(headersOf(parent), "192.0.2.1", "validate", time.Now()))

	unsampled, now := headersOf("00-"+traceID+"-"+parentID+"-00"), time.Now()
	for _, header := range []http.Header{{}, unsampled} {
		assert.Zero(t, testing.AllocsPerRun(100, func() { tracer.Start(header, "192.0.2.1", "validate", now).End(nil, 0) }))
	}
}

// Whoever forges reviews can claim that they are sampled: the queue is not theirs alone, and no
// span is large.
func TestASenderThatClaimsToBeSampledIsBounded(t *testing.T) {
	tracer := newTracer(t, "127.0.0.1:4318", logr.Discard())
	now := time.Now()
	tracer.limit.Now = func() time.Time { return now }
	for range 3 * maxWaiting {
		tracer.one("192.0.2.1")
	}
	assert.Len(t, tracer.queue.spans, maxWaiting/2)
	assert.Equal(t, 3*maxWaiting-maxWaiting/2, count(tracer.dropped))
	tracer.one("192.0.2.2")
	assert.Len(t, tracer.queue.spans, maxWaiting/2+1)

	long := strings.Repeat("x", 1<<20)
	header := headersOf(parent)
	header.Set("Tracestate", "vendor="+strings.Repeat("x", 200))
	short := tracer.Start(header, "192.0.2.2", "validate", now)
	assert.NotEmpty(t, short.span.SpanContext().TraceState().String())
	header.Set("Tracestate", strings.Repeat("vendor=x,", 100))
	assert.Empty(t, tracer.Start(header, "192.0.2.2", "validate", now).span.SpanContext().TraceState().String())
	about := Review{Result: "denied", Resource: long, Subresource: long, Namespace: long, Guardrails: make([]string, 1000)}
	size := 0
	for _, a := range about.attributes() {
		size += len(a.Key) + len(a.Value.String())
	}
	assert.Less(t, size, 1<<10)
}

// hanging is a collector that takes a connection, and never answers.
type hanging struct{}

func (hanging) RoundTrip(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// A collector that hangs costs a review nothing, and the end of the process two seconds.
func TestACollectorThatHangsIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracer := newTracer(t, "collector:4318", logr.Discard())
		tracer.client.http.Transport = hanging{}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- tracer.Run(ctx) }()

		start := time.Now()
		tracer.one("192.0.2.1")
		time.Sleep(sendEvery) // the collector hangs from now on
		synctest.Wait()
		began := time.Now()
		for _, sender := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"} {
			for range maxWaiting {
				tracer.one(sender)
			}
		}
		assert.Equal(t, began, time.Now(), "nobody has waited")
		assert.Len(t, tracer.queue.spans, maxWaiting)
		assert.Equal(t, 2*maxWaiting, count(tracer.dropped))

		time.Sleep(2*sendTimeout + sendEvery) // for the first, and for what waited meanwhile
		synctest.Wait()
		assert.Equal(t, 3*maxWaiting+1, count(tracer.dropped), "what is not taken in time is dropped")
		assert.Zero(t, count(tracer.exported))
		assert.Greater(t, time.Since(start), sendTimeout)

		tracer.one("192.0.2.4")
		ending := time.Now()
		cancel()
		require.NoError(t, <-ended)
		assert.LessOrEqual(t, time.Since(ending), flushTime)
	})
}

// A collector that is gone is told of once a minute, and when it is back.
func TestACollectorThatFailsIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		tracer := newTracer(t, "collector:4318", funcr.New(func(_, args string) { log.WriteString(args + "\n") }, funcr.Options{}))
		status, answer := http.StatusServiceUnavailable, ""
		tracer.client.http.Transport = transport(func(*http.Request) (*http.Response, error) {
			return &http.Response{Status: http.StatusText(status), StatusCode: status, Body: io.NopCloser(strings.NewReader(answer))}, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- tracer.Run(ctx) }()
		for range 90 {
			tracer.one("192.0.2.1")
			time.Sleep(sendEvery)
			synctest.Wait()
		}
		assert.Equal(t, 2, strings.Count(log.String(), "POST http://collector:4318/v1/traces: the collector answered Service Unavailable"))
		assert.Equal(t, 90, count(tracer.dropped))

		status = http.StatusOK
		for range 2 {
			tracer.one("192.0.2.1")
			time.Sleep(sendEvery)
			synctest.Wait()
		}
		assert.Equal(t, 1, strings.Count(log.String(), "the collector takes traces again"))
		assert.Equal(t, 2, count(tracer.exported))
		cancel()
		require.NoError(t, <-ended)
	})
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) { return t(req) }

// Of what the collector takes in part the rest is counted.
func TestSpansThatTheCollectorRefusesAreDropped(t *testing.T) {
	to := newCollector(t, httptest.NewServer)
	var err error
	to.answer, err = proto.Marshal(&collector.ExportTraceServiceResponse{PartialSuccess: &collector.ExportTracePartialSuccess{RejectedSpans: 2}})
	require.NoError(t, err)
	tracer := newTracer(t, to.URL, logr.Discard())
	for range 3 {
		tracer.one("192.0.2.1")
	}
	flush(t, tracer)
	assert.Equal(t, 1, count(tracer.exported))
	assert.Equal(t, 2, count(tracer.dropped))
}

func texts(attributes []*common.KeyValue) map[string]string {
	all := map[string]string{}
	for _, a := range attributes {
		all[a.Key] = textOf(a.Value)
	}
	return all
}

func count(c prometheus.Counter) int { return int(testutil.ToFloat64(c)) }
