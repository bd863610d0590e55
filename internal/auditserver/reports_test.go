package auditserver_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/internal/auditserver"
	"taffrail.dev/taffrail/internal/policyreport"
	"taffrail.dev/taffrail/internal/serving"
)

// A counter that is not there before its first event has not risen, as Prometheus sees it.
func TestWhatIsToldOfReportsBeforeAnyIsWritten(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(auditserver.NewReportCollector(policyreport.NewWriter(nil, policyreport.Options{})))
	w := httptest.NewRecorder()
	serving.Metrics(registry).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, line := range []string{
		"taffrail_audit_reports 0\n",
		"taffrail_audit_report_errors_total 0\n",
		`taffrail_audit_report_writes_total{operation="write"} 0` + "\n",
		`taffrail_audit_report_writes_total{operation="delete"} 0` + "\n",
	} {
		assert.Contains(t, w.Body.String(), line)
	}
}
