package webhook

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/workload"
)

// The results that taffrail_admission_requests_total tells apart.
const (
	resultAllowed    = "allowed"
	resultPatched    = "patched"
	resultWarned     = "warned"
	resultDenied     = "denied"
	resultBreakGlass = "break-glass"
	resultError      = "error"
	resultRejected   = "rejected" // no AdmissionReview at all
)

// Metrics are what the server tells Prometheus. Their labels are bounded: names
// of the catalogue and of guardrails, kinds that Taffrail knows, and fixed
// words; nothing that whoever sends a request can choose.
type Metrics struct {
	requests  *counters[requestLabels]
	durations *prometheus.HistogramVec
	findings  *counters[findingLabels]
	mutations *counters[mutationLabels]
	failed    *prometheus.CounterVec
	exempted  *prometheus.CounterVec

	// Guardrails is how many are in force.
	Guardrails prometheus.Gauge
	// BreakGlass counts the requests that passed because of who sent them.
	BreakGlass prometheus.Counter
	// LoadTimestamp is when guardrails were last taken, in Unix seconds.
	LoadTimestamp prometheus.Gauge
	// LoadErrors counts the guardrails that were refused.
	LoadErrors prometheus.Counter
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: newCounters(prometheus.CounterOpts{
			Name: "taffrail_admission_requests_total", Help: "AdmissionReviews answered, by what was answered.",
		}, []string{"webhook", "operation", "kind", "result"}, func(l requestLabels) []string {
			return []string{l.webhook, l.operation, l.kind, l.result}
		}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "taffrail_admission_duration_seconds", Help: "Time from the first byte read of an AdmissionReview until its answer is written.",
			// From a tenth of a millisecond to the timeout of the webhooks, 2 s.
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2},
		}, []string{"webhook"}),
		findings: newCounters(prometheus.CounterOpts{
			Name: "taffrail_findings_total", Help: "Findings, by what followed from them.",
		}, []string{"guardrail", "validator", "action"}, func(l findingLabels) []string {
			return []string{l.guardrail, l.validator, l.action}
		}),
		mutations: newCounters(prometheus.CounterOpts{
			Name: "taffrail_mutations_total", Help: "Objects that a default or a mutation changed.",
		}, []string{"guardrail", "mutator"}, func(l mutationLabels) []string {
			return []string{l.guardrail, l.mutator}
		}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "taffrail_mutation_failures_total", Help: "Mutations that failed, and left the object as it was.",
		}, []string{"guardrail", "mutation"}),
		exempted: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "taffrail_exempted_total", Help: "Findings that an Exemption let through.",
		}, []string{"validator"}),
		Guardrails: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "taffrail_guardrails", Help: "Guardrails in force. With 0 nothing is enforced.",
		}),
		BreakGlass: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "taffrail_break_glass_total", Help: "Requests that would have been refused and passed because of the break-glass group.",
		}),
		LoadTimestamp: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "taffrail_guardrail_load_timestamp_seconds", Help: "When guardrails were last taken, in Unix seconds.",
		}),
		LoadErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "taffrail_guardrail_load_errors_total", Help: "Guardrails that were refused because of mistakes in them.",
		}),
	}
	registry.MustRegister(m.requests, m.durations, m.findings, m.mutations, m.failed, m.exempted,
		m.Guardrails, m.BreakGlass, m.LoadTimestamp, m.LoadErrors)
	return m
}

func (m *Metrics) rejected(webhook string) {
	m.requests.of(requestLabels{webhook: webhook, result: resultRejected}).Inc()
}

func (m *Metrics) reviewed(webhook string, request *admissionv1.AdmissionRequest, result, trace string, took time.Duration) {
	m.requests.of(requestLabels{webhook, operationLabel(request.Operation), kindLabel(request), result}).Inc()
	duration := m.durations.WithLabelValues(webhook)
	if trace == "" {
		duration.Observe(took.Seconds())
		return
	}
	duration.(prometheus.ExemplarObserver).ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": trace})
}

func (m *Metrics) mutated(applied []guardrail.Applied) {
	for _, a := range applied {
		m.mutations.of(mutationLabels{a.Guardrail, a.Mutator}).Inc()
	}
}

func (m *Metrics) found(d guardrail.Decision) {
	for _, f := range d.Findings {
		m.findings.of(findingLabels{f.Guardrail, f.Validator, string(f.Action)}).Inc()
	}
	for _, f := range d.Exempted {
		m.exempted.WithLabelValues(f.Validator).Inc()
	}
	for _, r := range d.Rest {
		if r.Action == "" {
			m.exempted.WithLabelValues(r.Validator).Add(float64(r.Count))
			continue
		}
		m.findings.of(findingLabels{r.Guardrail, r.Validator, string(r.Action)}).Add(float64(r.Count))
	}
}

// operationLabel and kindLabel keep out what is not known: a label's values
// must not be anybody's to choose.
func operationLabel(operation admissionv1.Operation) string {
	switch operation {
	case admissionv1.Create, admissionv1.Update, admissionv1.Delete, admissionv1.Connect:
		return string(operation)
	default:
		return "other"
	}
}

var knownKinds = func() map[schema.GroupVersionKind]bool {
	known := map[schema.GroupVersionKind]bool{}
	for _, gvk := range workload.Kinds() {
		known[gvk] = true
	}
	return known
}()

func kindLabel(request *admissionv1.AdmissionRequest) string {
	if knownKinds[schema.GroupVersionKind(request.Kind)] {
		return request.Kind.Kind
	}
	return "other"
}
