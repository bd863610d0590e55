package webhook_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every review that is answered is recorded, with the webhook that it was sent to; what is no review
// is not.
func TestReviewsAreRecorded(t *testing.T) {
	var recorded []string
	handler := newHandler(t)
	handler.Record = func(webhook string, review []byte) { recorded = append(recorded, webhook+" "+string(review)) }
	const review = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","operation":"DELETE",` +
		`"kind":{"version":"v1","kind":"Pod"},"resource":{"version":"v1","resource":"pods"},"namespace":"shop","name":"a","dryRun":true}}`
	for _, body := range []string{review, `{"kind":"Pod"}`, `{`, ``} {
		for _, h := range []http.Handler{handler.Mutate(), handler.Validate()} {
			request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
			request.Header.Set("Content-Type", "application/json")
			h.ServeHTTP(&recorder{httptest.ResponseRecorder{}}, request)
		}
	}
	require.Len(t, recorded, 2)
	assert.Equal(t, []string{"mutate " + review, "validate " + review}, recorded)
}
