package webhook

import (
	"net/http"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/tracing"
)

// traced is a review that is sampled: its span, and what takes how long. Nil is one that is not, and
// costs nothing.
type traced struct {
	span  *tracing.Span
	times guardrail.Times
}

// trace begins the span of a review.
func (h *Handler) trace(req *http.Request, webhook string, visit *visit, start time.Time) {
	if span := h.Tracer.Start(req.Header, visit.sender, webhook, start); span != nil {
		visit.traced = &traced{span: span}
	}
}

// measures is where times are noted, nil where nobody asks.
func (t *traced) measures() *guardrail.Times {
	if t == nil {
		return nil
	}
	return &t.times
}

// id is that of the trace, empty where there is none.
func (t *traced) id() string {
	if t == nil {
		return ""
	}
	return t.span.TraceID()
}

// end ends the span. The names of kinds are those that metrics have; of the object nothing is said.
func (t *traced) end(request *admissionv1.AdmissionRequest, v *verdict, took time.Duration) {
	if t == nil {
		return
	}
	about := tracing.Review{
		Result: v.result, Failed: v.result == resultError,
		Operation: operationLabel(request.Operation), Kind: kindLabel(request),
		Resource: request.Resource.Resource, Subresource: request.SubResource, Namespace: request.Namespace,
		Guardrails: t.times.Guardrails,
	}
	for _, c := range t.times.Slowest() {
		about.Slowest = append(about.Slowest, tracing.Check{Name: c.Guardrail + "/" + c.Name, Took: c.Time})
	}
	t.span.End(&about, took)
}

// rejected ends the span of what is no review.
func (t *traced) rejected(took time.Duration) {
	if t != nil {
		t.span.End(&tracing.Review{Result: resultRejected}, took)
	}
}
