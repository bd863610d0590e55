package auditserver_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/auditserver"
)

func TestTheReportForPrograms(t *testing.T) {
	live := following(t)
	get := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		auditserver.Report(live).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/report.json", nil))
		return w
	}
	assert.Equal(t, http.StatusServiceUnavailable, get().Code, "an empty report would say that all is well")

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- live.Run(ctx) }()
	defer func() { cancel(); require.NoError(t, <-ended) }()
	require.Eventually(t, live.Ready, patience, tick)
	w := get()
	require.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	var report audit.Report
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &report))
	assert.Equal(t, 1, report.Summary.Denied)
}
