//go:build e2e && !kind

package e2e

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAReviewJoinsTheTraceOfTheAPIServer has an API server that samples everything and Taffrail send
// their traces to one collector, by OTLP over gRPC and over HTTP.
func TestAReviewJoinsTheTraceOfTheAPIServer(t *testing.T) {
	parallel(t)
	to := startCollector(t)
	config := filepath.Join(t.TempDir(), "tracing.yaml")
	require.NoError(t, os.WriteFile(config, []byte(toYAML(t, map[string]any{
		"apiVersion": "apiserver.config.k8s.io/v1", "kind": "TracingConfiguration", "endpoint": to.grpc, "samplingRatePerMillion": 1000000,
	})), 0o600))
	useControlPlane(t, map[string][]string{"tracing-config-file": {config}})
	server := serveClusterWith(t, 1, options{flags: []string{"--tracing-endpoint", to.http}})[0]
	namespace := cluster(t).namespace(t)
	apply(t, noLatest)
	refusedSoon(t, namespace, "of no-latest")

	refused := func(s *span) bool {
		return s.service == "taffrail" && s.name == "validate" && s.attributes["taffrail.result"] == "Str(denied)" &&
			s.attributes["k8s.namespace.name"] == "Str("+namespace+")"
	}
	var review, call span
	require.Eventually(t, func() bool {
		spans := to.spans()
		for _, s := range spans {
			if !refused(&s) {
				continue
			}
			for _, above := range spans {
				if above.id == s.parent && above.trace == s.trace {
					review, call = s, above
					return true
				}
			}
		}
		return false
	}, soon, interval, "a span of the API server that is the parent of a review")
	assert.Equal(t, "apiserver", call.service)
	assert.Equal(t, "Str(CREATE)", review.attributes["taffrail.operation"])
	assert.Equal(t, "Str(Pod)", review.attributes["taffrail.kind"])
	assert.Equal(t, "Str(pods)", review.attributes["taffrail.resource"])
	assert.Contains(t, review.attributes["taffrail.guardrails"], `"no-latest"`)
	assert.Contains(t, review.attributes["taffrail.slowest"], `"no-latest/image-latest-tag"`)
	assert.Contains(t, server.log(), `"trace":"`+review.trace+`"`)
	assert.Regexp(t, `# \{trace_id="[0-9a-f]{32}"\}`, server.openMetrics(t))
}

// A collector that stands still costs admission nothing, and cannot keep the server from ending.
func TestAdmissionGoesOnWhileTheCollectorHangs(t *testing.T) {
	parallel(t)
	hangs, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and never reads
	require.NoError(t, err)
	defer hangs.Close()
	server := startTaffrail(t, options{standalone: true, flags: []string{"--tracing-endpoint", hangs.Addr().String()}})
	client := server.client()
	sampled := func() string {
		request, err := http.NewRequest(http.MethodPost, server.webhookURL+"/validate", strings.NewReader(forged("", `"namespace":"shop",`)))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		response, err := client.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return string(answer)
	}
	// More than fit into the queue, while what came first is being sent.
	require.Eventually(t, func() bool {
		for range 100 {
			require.Contains(t, sampled(), `"allowed":false`)
		}
		dropped, err := strconv.Atoi(server.metric(t, `taffrail_trace_spans_total{result="dropped"}`))
		return err == nil && dropped > 100
	}, soon, interval)
	assert.Equal(t, "0", server.metric(t, `taffrail_trace_spans_total{result="exported"}`))
	require.NoError(t, server.stop())
}

// openMetrics is what a Prometheus is told that asks for exemplars.
func (s *taffrail) openMetrics(t *testing.T) string {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, s.metricsURL, nil)
	require.NoError(t, err)
	request.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(text)
}
