package tracing

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

const (
	// maxGuardrails bounds the names of guardrails in a span.
	maxGuardrails = 32
	// maxText bounds what a span repeats of a request, in bytes: no name of a resource or of a
	// Namespace is longer, and whoever forges a review chooses it.
	maxText = 63
)

// Span is one review that is sampled. Nil is one that is not.
type Span struct {
	span  trace.Span
	start time.Time
}

// Check is a check or a default, and the time that it took.
type Check struct {
	Name string
	Took time.Duration
}

// Review is what a span says of a review: what it is about and what became of it, and nothing of
// what the object holds, which is not ours to send anywhere.
type Review struct {
	Result, Operation, Kind, Resource, Subresource, Namespace string
	Guardrails                                                []string
	Slowest                                                   []Check
	// Failed says that the review could not be evaluated.
	Failed bool
}

// TraceID is the trace that the review is part of, empty for one that is not sampled.
func (s *Span) TraceID() string {
	if s == nil {
		return ""
	}
	return s.span.SpanContext().TraceID().String()
}

// End ends the span as long after its start as the review took.
func (s *Span) End(r *Review, took time.Duration) {
	if s == nil {
		return
	}
	s.span.SetAttributes(r.attributes()...)
	if r.Failed {
		s.span.SetStatus(codes.Error, "") // the text of an error may repeat what the object holds
	}
	s.span.End(trace.WithTimestamp(s.start.Add(took)))
}

func (r *Review) attributes() []attribute.KeyValue {
	all := []attribute.KeyValue{attribute.String("taffrail.result", r.Result)}
	for _, a := range []struct{ key, value string }{
		{"taffrail.operation", r.Operation},
		{"taffrail.kind", r.Kind},
		{"taffrail.resource", r.Resource},
		{"taffrail.subresource", r.Subresource},
		{"k8s.namespace.name", r.Namespace},
	} {
		if a.value != "" && len(a.value) <= maxText {
			all = append(all, attribute.String(a.key, a.value))
		}
	}
	if n := len(r.Guardrails); n > 0 {
		all = append(all, attribute.StringSlice("taffrail.guardrails", r.Guardrails[:min(n, maxGuardrails)]))
	}
	if len(r.Slowest) == 0 {
		return all
	}
	var names []string
	var microseconds []int64
	for _, c := range r.Slowest {
		names, microseconds = append(names, c.Name), append(microseconds, c.Took.Microseconds())
	}
	return append(all, attribute.StringSlice("taffrail.slowest", names), attribute.Int64Slice("taffrail.slowest.microseconds", microseconds))
}
