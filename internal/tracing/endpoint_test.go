package tracing

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseEndpoint(t *testing.T) {
	for text, want := range map[string]Endpoint{
		"collector:4318":                          {"http://collector:4318/v1/traces", 4318},
		"127.0.0.1:4318":                          {"http://127.0.0.1:4318/v1/traces", 4318},
		"[2001:db8::1]:4318":                      {"http://[2001:db8::1]:4318/v1/traces", 4318},
		"http://collector.observability.svc:4318": {"http://collector.observability.svc:4318/v1/traces", 4318},
		"http://collector":                        {"http://collector/v1/traces", 80},
		"https://traces.example.com":              {"https://traces.example.com/v1/traces", 443},
		"https://traces.example.com/":             {"https://traces.example.com/v1/traces", 443},
		"https://traces.example.com/otlp":         {"https://traces.example.com/otlp/v1/traces", 443},
		"https://traces.example.com/v1/traces":    {"https://traces.example.com/v1/traces", 443},
	} {
		got, err := ParseEndpoint(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestWhatIsNoEndpoint(t *testing.T) {
	for text, want := range map[string]string{
		"collector":             `"collector": ` + forms,
		"":                      `"": ` + forms,
		":4318":                 `":4318": ` + forms,
		"grpc://collector:4317": `"grpc://collector:4317": ` + forms,
		"unix:///run/collector": `"unix:///run/collector": ` + forms,
		"http://":               `"http://": ` + forms,
		"a b:4318":              `"a b:4318": ` + forms,
		"a:4318,b:4318":         `"a:4318,b:4318": ` + forms,
		"http://collector:port": `"http://collector:port": ` + forms,
		"collector:0":           `"collector:0": the port must be a number from 1 to 65535`,
		"collector:65536":       `"collector:65536": the port must be a number from 1 to 65535`,
		"https://collector:4317": `"https://collector:4317": port 4317 is for OTLP over gRPC: ` +
			`give the port for OTLP over HTTP of the same collector, 4318 as a rule`,
		// What may be a secret is not repeated.
		"http://user:secret@collector":    "must not hold a user or a password: give a header in the environment variable OTEL_EXPORTER_OTLP_HEADERS",
		"user:%zz@collector:4318":         "must not hold a user or a password: give a header in the environment variable OTEL_EXPORTER_OTLP_HEADERS",
		"https://collector/?token=secret": "must not have a query or a fragment: give a header in the environment variable OTEL_EXPORTER_OTLP_HEADERS",
		"https://collector:4318/#secret":  "must not have a query or a fragment: give a header in the environment variable OTEL_EXPORTER_OTLP_HEADERS",
	} {
		_, err := ParseEndpoint(text)
		assert.EqualError(t, err, want, text)
	}
}
