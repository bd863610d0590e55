package tracing

import (
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
)

// The variables that every OTLP exporter has: what a collector is shown, and whom it is known by.
func TestEnvironment(t *testing.T) {
	to := newCollector(t, httptest.NewTLSServer)
	authority := filepath.Join(t.TempDir(), "ca.crt")
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: to.Certificate().Raw})
	require.NoError(t, os.WriteFile(authority, content, 0o600))
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", authority)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "X-Team=other")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=Bearer%20secret, x-team = shop")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "k8s.cluster.name=east")
	t.Setenv("OTEL_SERVICE_NAME", "guard")

	tracer := newTracer(t, to.URL, logr.Discard())
	tracer.one("192.0.2.1")
	flush(t, tracer)
	require.Len(t, to.requests, 1)
	assert.Equal(t, "Bearer secret", to.headers[0].Get("Authorization"))
	assert.Equal(t, "shop", to.headers[0].Get("X-Team"))
	about := texts(to.requests[0].ResourceSpans[0].Resource.Attributes)
	assert.Equal(t, "east", about["k8s.cluster.name"])
	assert.Equal(t, "guard", about["service.name"])
}

func TestACollectorOfAnUnknownAuthorityGetsNothing(t *testing.T) {
	to := newCollector(t, httptest.NewTLSServer)
	tracer := newTracer(t, to.URL, logr.Discard())
	tracer.one("192.0.2.1")
	flush(t, tracer)
	assert.Empty(t, to.requests)
	assert.Equal(t, 1, count(tracer.dropped))
}

func TestMistakesInTheEnvironment(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "ca.crt")
	require.NoError(t, os.WriteFile(empty, []byte("none"), 0o600))
	for name, test := range map[string]struct{ variable, value, want string }{
		"a header without a value":     {"OTEL_EXPORTER_OTLP_HEADERS", "secret", "environment variable OTEL_EXPORTER_OTLP_HEADERS: must be key=value,key=value with values that are URL encoded"},
		"a header that is not encoded": {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=%zz", "environment variable OTEL_EXPORTER_OTLP_TRACES_HEADERS: must be key=value"},
		"a header of two lines":        {"OTEL_EXPORTER_OTLP_HEADERS", "a=b%0Ac", "environment variable OTEL_EXPORTER_OTLP_HEADERS: must be key=value"},
		"no file":                      {"OTEL_EXPORTER_OTLP_CERTIFICATE", empty + "x", "environment variable OTEL_EXPORTER_OTLP_CERTIFICATE: open "},
		"no certificate":               {"OTEL_EXPORTER_OTLP_CERTIFICATE", empty, "must hold certificates in PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(test.variable, test.value)
			_, err := New(Options{Endpoint: Endpoint{URL: "http://collector:4318/v1/traces"}, Metrics: prometheus.NewRegistry()})
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

// A collector cannot have spans, and the header with them, sent somewhere else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := newCollector(t, httptest.NewServer)
	from := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer from.Close()
	tracer := newTracer(t, from.URL, logr.Discard())
	tracer.one("192.0.2.1")
	flush(t, tracer)
	assert.Empty(t, elsewhere.requests)
	assert.Equal(t, 1, count(tracer.dropped))
}

func hexOf(id []byte) string { return hex.EncodeToString(id) }

// textOf is a value as it is read.
func textOf(v *common.AnyValue) string {
	if list := v.GetArrayValue(); list != nil {
		var items []string
		for _, item := range list.Values {
			items = append(items, textOf(item))
		}
		return "[" + strings.Join(items, " ") + "]"
	}
	if _, is := v.Value.(*common.AnyValue_IntValue); is {
		return strconv.FormatInt(v.GetIntValue(), 10)
	}
	return v.GetStringValue()
}
