package webhook_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"taffrail.dev/taffrail/e2e/load/reviews"
	"taffrail.dev/taffrail/internal/serving"
	"taffrail.dev/taffrail/internal/tracing"
	"taffrail.dev/taffrail/webhook"
)

const (
	ofTrace   = "0af7651916cd43dd8448eb211c80319c"
	sampled   = "00-" + ofTrace + "-b7ad6b7169203331-01"
	unsampled = "00-" + ofTrace + "-b7ad6b7169203331-00"
)

func newTracer(tb testing.TB, endpoint string) *tracing.Tracer {
	tb.Helper()
	parsed, err := tracing.ParseEndpoint(endpoint)
	require.NoError(tb, err)
	tracer, err := tracing.New(tracing.Options{Endpoint: parsed, Metrics: prometheus.NewRegistry(), Log: logr.Discard()})
	require.NoError(tb, err)
	return tracer
}

// spansOf are the spans that a collector gets of what is done, and all of what it gets.
func spansOf(t *testing.T, handler *webhook.Handler, do func()) (spans []*otlp.Span, bodies string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		bodies += string(body)
		request := &collector.ExportTraceServiceRequest{}
		assert.NoError(t, proto.Unmarshal(body, request))
		for _, scope := range request.ResourceSpans[0].ScopeSpans {
			spans = append(spans, scope.Spans...)
		}
	}))
	defer server.Close()
	handler.Tracer = newTracer(t, server.URL)
	do()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, handler.Tracer.Run(ended))
	return spans, bodies
}

func postTraced(handler http.Handler, body, parent string) *httptest.ResponseRecorder {
	request := newRequest(body)
	request.Header.Set("Traceparent", parent)
	return serve(handler, request)
}

func attribute(span *otlp.Span, key string) *common.AnyValue {
	for _, a := range span.Attributes {
		if a.Key == key {
			return a.Value
		}
	}
	return nil
}

// What a span says is what became of the review, by which guardrails, and what took longest. Nothing
// of the object leaves the process, whatever becomes of it.
func TestASampledReviewHasASpan(t *testing.T) {
	secret := `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"hidden-name","labels":{"hidden":"label"}},"spec":{"hostNetwork":true,
		"containers":[{"name":"hidden-container","image":"hidden.example.com/image","env":[{"name":"HIDDEN","value":"hidden"}]}]}}`
	handler := newHandler(t)
	spans, bodies := spansOf(t, handler, func() {
		assert.False(t, answer(t, postTraced(handler.Validate(), pod(secret), sampled)).Allowed)
		assert.NotEmpty(t, answer(t, postTraced(handler.Mutate(), pod(secret), sampled)).Patch)
		assert.False(t, answer(t, postTraced(handler.Validate(), pod(`{"hidden":"object"}`), sampled)).Allowed)
		assert.Equal(t, http.StatusBadRequest, postTraced(handler.Validate(), `{"hidden":"body"}`, sampled).Code)
		postTraced(handler.Validate(), pod(secret), unsampled)
		post(handler.Validate(), pod(secret))
	})
	require.Len(t, spans, 4)
	for i, want := range []struct {
		name, result string
		evaluated    bool
		status       otlp.Status_StatusCode
	}{
		{"validate", "denied", true, otlp.Status_STATUS_CODE_UNSET},
		{"mutate", "patched", true, otlp.Status_STATUS_CODE_UNSET},
		{"validate", "error", false, otlp.Status_STATUS_CODE_ERROR},
		{"validate", "rejected", false, otlp.Status_STATUS_CODE_UNSET},
	} {
		span := spans[i]
		assert.Equal(t, ofTrace, fmt.Sprintf("%x", span.TraceId))
		assert.Equal(t, want.name, span.Name)
		assert.Equal(t, want.result, attribute(span, "taffrail.result").GetStringValue())
		assert.Equal(t, want.status, span.Status.GetCode())
		if want.result != "rejected" {
			assert.Equal(t, "CREATE", attribute(span, "taffrail.operation").GetStringValue())
			assert.Equal(t, "Pod", attribute(span, "taffrail.kind").GetStringValue())
			assert.Equal(t, "pods", attribute(span, "taffrail.resource").GetStringValue())
			assert.Equal(t, "shop", attribute(span, "k8s.namespace.name").GetStringValue())
		}
		if want.evaluated {
			assert.Equal(t, "default", attribute(span, "taffrail.guardrails").GetArrayValue().Values[0].GetStringValue())
			assert.Len(t, attribute(span, "taffrail.slowest").GetArrayValue().Values, 3)
			assert.Len(t, attribute(span, "taffrail.slowest.microseconds").GetArrayValue().Values, 3)
			assert.Contains(t, attribute(span, "taffrail.slowest").GetArrayValue().Values[0].GetStringValue(), "default/")
		}
	}
	assert.NotContains(t, strings.ToLower(bodies), "hidden")
	assert.NotContains(t, bodies, "alice", "who asks is nobody's who reads traces")
}

// From a slow bucket of the histogram to a trace of a review in it, and from there to its log line.
func TestAnExemplarNamesTheTrace(t *testing.T) {
	registry := prometheus.NewRegistry()
	var log strings.Builder
	handler := newHandler(t)
	handler.Metrics = webhook.NewMetrics(registry)
	handler.Log = funcr.New(func(_, args string) { log.WriteString(args + "\n") }, funcr.Options{})
	denied := pod(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"hostNetwork":true,"containers":[{"name":"a","image":"a:1"}]}}`)
	spansOf(t, handler, func() {
		post(handler.Validate(), denied)
		assert.NotContains(t, log.String(), `"trace"`)
		postTraced(handler.Validate(), denied, sampled)
	})
	assert.Contains(t, log.String(), `"trace"="`+ofTrace+`"`)

	for accept, want := range map[string]int{"application/openmetrics-text; version=1.0.0": 1, "text/plain": 0} {
		request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		request.Header.Set("Accept", accept)
		w := serve(serving.Metrics(registry), request)
		assert.Equal(t, want, strings.Count(w.Body.String(), `# {trace_id="`+ofTrace+`"}`), accept)
	}
}

// Off, or on for reviews that are not sampled, tracing allocates nothing.
func TestTracingCostsNothingWhereNothingIsSampled(t *testing.T) {
	review, err := os.ReadFile("testdata/big.review.json")
	require.NoError(t, err)
	allocations := func(tracer *tracing.Tracer, parent string) float64 {
		handler := newHandler(t)
		handler.Tracer = tracer
		validate := handler.Validate()
		body := bytes.NewReader(nil)
		request := httptest.NewRequest(http.MethodPost, "/", nil)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Traceparent", parent)
		request.Body = readCloser{body}
		answer := new(bytes.Buffer)
		// The least of many: under the race detector pools forget what they hold now and then.
		least := math.Inf(1)
		for range 100 {
			least = min(least, testing.AllocsPerRun(1, func() {
				body.Reset(review)
				answer.Reset()
				validate.ServeHTTP(&recorder{httptest.ResponseRecorder{Body: answer}}, request)
			}))
		}
		return least
	}
	off := allocations(nil, sampled)
	assert.InDelta(t, off, allocations(newTracer(t, "127.0.0.1:4318"), unsampled), 0)
	assert.Greater(t, allocations(newTracer(t, "127.0.0.1:4318"), sampled), off, "so that this test sees a span")
}

// BenchmarkTaffrailTracing is the price of a span; off, and where nothing is sampled, there is none. Of
// one sender 512 are traced, and as many a second: with -benchtime=500x every one is.
func BenchmarkTaffrailTracing(b *testing.B) {
	for _, test := range []struct {
		name   string
		tracer *tracing.Tracer
		parent string
	}{
		{"off", nil, sampled},
		{"unsampled", newTracer(b, "127.0.0.1:4318"), unsampled},
		{"sampled", newTracer(b, "127.0.0.1:4318"), sampled},
	} {
		handler := newHandler(b)
		handler.Tracer = test.tracer
		validate := handler.Validate()
		traced := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			req.Header["Traceparent"] = []string{test.parent}
			validate.ServeHTTP(w, req)
		})
		each(b, reviews.Validate, func(review string, call reviews.Call) {
			if review == "pod-5KB" {
				b.Run("tracing="+test.name, func(b *testing.B) { benchmark(b, traced, call) })
			}
		})
	}
}
