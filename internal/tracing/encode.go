package tracing

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	otlp "go.opentelemetry.io/proto/slim/otlp/trace/v1"
)

// encode makes a request to a collector of spans, which are all of one tracer.
func encode(spans []sdktrace.ReadOnlySpan) *collector.ExportTraceServiceRequest {
	scope := spans[0].InstrumentationScope()
	all := &otlp.ScopeSpans{Scope: &common.InstrumentationScope{Name: scope.Name, Version: scope.Version}}
	for _, s := range spans {
		all.Spans = append(all.Spans, encodeSpan(s))
	}
	return &collector.ExportTraceServiceRequest{ResourceSpans: []*otlp.ResourceSpans{{
		Resource:   &resource.Resource{Attributes: encodeAttributes(spans[0].Resource().Attributes())},
		ScopeSpans: []*otlp.ScopeSpans{all},
	}}}
}

func encodeSpan(s sdktrace.ReadOnlySpan) *otlp.Span {
	own, parent := s.SpanContext(), s.Parent()
	trace, span, above := own.TraceID(), own.SpanID(), parent.SpanID()
	return &otlp.Span{
		TraceId: trace[:], SpanId: span[:], ParentSpanId: above[:],
		TraceState:        own.TraceState().String(),
		Flags:             uint32(own.TraceFlags()) | uint32(otlp.SpanFlags_SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK|otlp.SpanFlags_SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK),
		Name:              s.Name(),
		Kind:              otlp.Span_SPAN_KIND_SERVER,
		StartTimeUnixNano: uint64(s.StartTime().UnixNano()),
		EndTimeUnixNano:   uint64(s.EndTime().UnixNano()),
		Attributes:        encodeAttributes(s.Attributes()),
		Status:            encodeStatus(s.Status().Code),
	}
}

func encodeStatus(code codes.Code) *otlp.Status {
	if code == codes.Error {
		return &otlp.Status{Code: otlp.Status_STATUS_CODE_ERROR}
	}
	return nil
}

func encodeAttributes(attributes []attribute.KeyValue) []*common.KeyValue {
	all := make([]*common.KeyValue, 0, len(attributes))
	for _, a := range attributes {
		all = append(all, &common.KeyValue{Key: string(a.Key), Value: encodeValue(a.Value)})
	}
	return all
}

// encodeValue encodes the types that there are here: texts, numbers and lists of them.
func encodeValue(v attribute.Value) *common.AnyValue {
	switch v.Type() {
	case attribute.INT64:
		return number(v.AsInt64())
	case attribute.INT64SLICE:
		return list(v.AsInt64Slice(), number)
	case attribute.STRINGSLICE:
		return list(v.AsStringSlice(), text)
	default:
		return text(v.String())
	}
}

func text(s string) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
}

func number(n int64) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: n}}
}

func list[T any](items []T, encode func(T) *common.AnyValue) *common.AnyValue {
	array := &common.ArrayValue{}
	for _, item := range items {
		array.Values = append(array.Values, encode(item))
	}
	return &common.AnyValue{Value: &common.AnyValue_ArrayValue{ArrayValue: array}}
}
