package webhook_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/webhook"
)

// A Handler answers reviews over HTTP, in a server of ours or of anybody's.
func ExampleHandler() {
	set, err := guardrail.Compile(guardrail.Default(), guardrail.Options{})
	if err != nil {
		panic(err)
	}
	handler := &webhook.Handler{
		Set: func() *guardrail.Set { return set }, Metrics: webhook.NewMetrics(prometheus.NewRegistry()), Log: logr.Discard(),
	}
	mux := http.NewServeMux()
	mux.Handle("/mutate", handler.Mutate())
	mux.Handle("/validate", handler.Validate())

	request := httptest.NewRequest(http.MethodPost, "/validate", strings.NewReader(`{
		"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {
			"uid": "1", "operation": "CREATE", "kind": {"version": "v1", "kind": "ConfigMap"},
			"resource": {"version": "v1", "resource": "configmaps"},
			"object": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "flags"}}}}`))
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, request)
	fmt.Print(answer.Body)
	// Output:
	// {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"1","allowed":true}}
}
