package tracing

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// maxWaiting bounds the spans that wait to be sent, and so how many are sent at a time, once a second.
// One takes some 2 KiB.
const maxWaiting = 1024

// queue is where spans wait. The SDK's own processor tells nobody what it drops, and sends as fast as
// spans come.
type queue struct {
	spans chan sdktrace.ReadOnlySpan
	full  func()
}

// OnStart has nothing to do.
func (*queue) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd takes a span that has ended, and never waits.
func (q *queue) OnEnd(span sdktrace.ReadOnlySpan) {
	select {
	case q.spans <- span:
	default:
		q.full()
	}
}

// Shutdown has nothing to do: Tracer.Run sends what is left.
func (*queue) Shutdown(context.Context) error { return nil }

// ForceFlush has nothing to do, as nobody asks for it.
func (*queue) ForceFlush(context.Context) error { return nil }

// take takes what waits.
func (q *queue) take() []sdktrace.ReadOnlySpan {
	spans := make([]sdktrace.ReadOnlySpan, 0, len(q.spans))
	for range cap(spans) {
		spans = append(spans, <-q.spans)
	}
	return spans
}
