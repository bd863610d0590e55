package auditserver

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/audit"
)

// Collector tells Prometheus what an audit has found. Its labels are bounded, as those of the webhook
// are: names of the catalogue, of guardrails and of their rules, and fixed words; nothing that an object
// can choose.
type Collector struct {
	live *audit.Live // asked at each scrape

	findings, exempted, objects, evaluations, verified, duration, unlisted *prometheus.Desc
}

// NewCollector makes a Collector of an audit.
func NewCollector(live *audit.Live) *Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("taffrail_audit_"+name, help, labels, nil)
	}
	return &Collector{
		live:        live,
		findings:    desc("findings", "Findings of what is there, counted to workloads, by what would follow from them.", "guardrail", "validator", "action"),
		exempted:    desc("exempted_findings", "Findings of what is there that an Exemption lets through."),
		objects:     desc("objects", "Objects that are followed."),
		evaluations: desc("evaluations_total", "Evaluations of objects."),
		verified:    desc("verified_timestamp_seconds", "As of when all verdicts are known to hold, in Unix seconds."),
		duration:    desc("full_evaluation_duration_seconds", "How long the last evaluation of all objects took."),
		unlisted:    desc("unlisted_kinds", "Kinds that the guardrails in force look at, and that could not be listed."),
	}
}

// Describe tells which metrics there are.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{c.findings, c.exempted, c.objects, c.evaluations, c.verified, c.duration, c.unlisted} {
		ch <- desc
	}
}

// Collect tells where the audit stands. Before everything has been evaluated once there are no findings
// to tell of: none is not the same as not yet.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	tell := func(desc *prometheus.Desc, of prometheus.ValueType, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, of, value, labels...)
	}
	m := c.live.Metrics()
	tell(c.objects, prometheus.GaugeValue, float64(m.Objects))
	tell(c.evaluations, prometheus.CounterValue, float64(m.Evaluations))
	tell(c.verified, prometheus.GaugeValue, seconds(m.Oldest))
	if !c.live.Ready() {
		return
	}
	tell(c.duration, prometheus.GaugeValue, m.LastFull.Seconds())
	report := c.live.Report()
	tell(c.exempted, prometheus.GaugeValue, float64(report.Summary.Exempted))
	tell(c.unlisted, prometheus.GaugeValue, float64(m.Unlisted))
	for of, n := range count(report) {
		tell(c.findings, prometheus.GaugeValue, float64(n), of.guardrail, of.validator, string(of.action))
	}
}

// seconds is a time in Unix seconds, and 0 for none.
func seconds(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.Unix())
}

// kind is what findings are counted by.
type kind struct {
	guardrail, validator string
	action               v1alpha1.Action
}

// count counts findings. Each check in force has a number, so that one that finds nothing any more is
// at 0, and not gone.
func count(report *audit.Report) map[kind]int {
	counts := map[kind]int{}
	for i := range report.Guardrails {
		for _, validator := range report.Guardrails[i].Validators {
			counts[kind{report.Guardrails[i].Name, validator.Name, validator.Action}] = 0
		}
	}
	for i := range report.Results {
		r := &report.Results[i]
		counts[kind{r.Guardrail, r.Validator, r.Action}]++
	}
	return counts
}
