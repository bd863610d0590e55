package tracing

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"taffrail.dev/taffrail/internal/sender"
)

const (
	// sendEvery is how often what waits is sent.
	sendEvery = time.Second
	// flushTime bounds how long the end of the process waits for a collector.
	flushTime = 2 * time.Second
	// tellEvery is how often at most it is told that a collector does not take spans.
	tellEvery = time.Minute
	// maxState is how long a tracestate may be, in bytes: as much as everybody has to pass on. One
	// that fills the header of a request would fill the queue with megabytes.
	maxState = 512
)

// spanRates bound the reviews that are traced: anybody who reaches the server can claim that a review
// is sampled. All together fill the queue once a second; one leaves the others half of it.
var spanRates = struct{ each, all sender.Rate }{
	each: sender.Rate{PerSecond: maxWaiting / 2, Burst: maxWaiting / 2},
	all:  sender.Rate{PerSecond: maxWaiting, Burst: maxWaiting},
}

// Options are where spans are sent, and what they say of their sender.
type Options struct {
	Endpoint Endpoint
	// Version of Taffrail.
	Version string
	Metrics prometheus.Registerer
	Log     logr.Logger
}

// Tracer makes spans of reviews. Nil makes none.
type Tracer struct {
	tracer trace.Tracer
	queue  *queue
	client *client
	limit  sender.Limiter
	log    logr.Logger

	exported, dropped prometheus.Counter
	failing           bool      // the last batch did not arrive
	told              time.Time // when that was last logged
}

// New makes a Tracer. The error is about an environment variable.
func New(o Options) (*Tracer, error) {
	client, err := newClient(o.Endpoint, o.Version)
	if err != nil {
		return nil, err
	}
	about, err := describe(o.Version)
	if err != nil {
		return nil, err
	}
	spans := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "taffrail_trace_spans_total", Help: "Spans of reviews, by what became of them: exported, or dropped because the collector takes them too slowly or not at all.",
	}, []string{"result"})
	o.Metrics.MustRegister(spans)
	t := &Tracer{
		client: client, log: o.Log,
		limit:    sender.Limiter{Each: spanRates.each, All: spanRates.all},
		exported: spans.WithLabelValues("exported"), dropped: spans.WithLabelValues("dropped"),
	}
	t.queue = &queue{spans: make(chan sdktrace.ReadOnlySpan, maxWaiting), full: t.dropped.Inc}
	t.tracer = sdktrace.NewTracerProvider(
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.NeverSample())),
		sdktrace.WithResource(about), sdktrace.WithSpanProcessor(t.queue),
	).Tracer("taffrail.dev/taffrail/webhook", trace.WithInstrumentationVersion(o.Version))
	return t, nil
}

// describe is what all spans say of the process. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
func describe(version string) (*resource.Resource, error) {
	own := []attribute.KeyValue{attribute.String("service.name", "taffrail"), attribute.String("service.version", version)}
	if host, err := os.Hostname(); err == nil { // the name of the Pod
		own = append(own, attribute.String("service.instance.id", host))
	}
	return resource.New(context.Background(), resource.WithAttributes(own...), resource.WithTelemetrySDK(), resource.WithFromEnv())
}

// Start begins the span of a review that whoever sent it samples, and is nil for all others. What is
// not sampled costs a look at one header.
func (t *Tracer) Start(header http.Header, from, name string, at time.Time) *Span {
	if t == nil || !sampled(header.Get("Traceparent")) {
		return nil
	}
	parent := propagation.MapCarrier{"traceparent": header.Get("Traceparent")}
	if state := header.Get("Tracestate"); len(state) <= maxState {
		parent["tracestate"] = state
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), parent)
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return nil
	}
	if !t.limit.Allow(from) {
		t.dropped.Inc()
		return nil
	}
	_, span := t.tracer.Start(ctx, name, trace.WithTimestamp(at), trace.WithSpanKind(trace.SpanKindServer))
	return &Span{span: span, start: at}
}

// sampled tells whether a traceparent may be of a trace that is sampled, of which the last bit of its
// flags is set: 00-<32 digits>-<16 digits>-01.
func sampled(parent string) bool {
	const flags = 54
	if len(parent) <= flags {
		return false
	}
	switch parent[flags] {
	case '1', '3', '5', '7', '9', 'b', 'd', 'f':
		return true
	}
	return false
}

// Run sends spans until the context ends, and then what is left of them, for a short time.
func (t *Tracer) Run(ctx context.Context) error {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	context.AfterFunc(ctx, func() { time.AfterFunc(flushTime, cancel) })
	defer t.client.http.CloseIdleConnections()
	ticker := time.NewTicker(sendEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.send(sending)
		case <-ctx.Done():
			t.send(sending)
			return nil
		}
	}
}

// send sends what waits, once: what does not arrive is dropped.
func (t *Tracer) send(ctx context.Context) {
	spans := t.queue.take()
	if len(spans) == 0 {
		return
	}
	lost, err := t.client.send(ctx, spans)
	t.exported.Add(float64(len(spans) - lost))
	t.dropped.Add(float64(lost))
	switch {
	case err != nil && time.Since(t.told) >= tellEvery:
		t.told = time.Now()
		t.log.Error(err, "sending traces: what the collector does not take is dropped, and counted in taffrail_trace_spans_total", "dropped", lost)
	case err == nil && t.failing:
		t.log.Info("the collector takes traces again")
	}
	t.failing = err != nil
}
