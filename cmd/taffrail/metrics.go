package main

import (
	"maps"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"taffrail.dev/taffrail/certs"
	"taffrail.dev/taffrail/guardrail"
)

func registerBuildInfo(registry prometheus.Registerer) {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "taffrail_build_info", Help: "What this build is; always 1.",
		ConstLabels: prometheus.Labels{"version": version, "commit": commit, "go": runtime.Version()},
	})
	info.Set(1)
	registry.MustRegister(info)
}

// registerProcess tells what the process needs. controller-runtime does so where
// there are controllers only.
func registerProcess(registry prometheus.Registerer) {
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

func registerExpiry(registry prometheus.Registerer, source certs.Source, senders *certs.Senders) {
	registry.MustRegister(&expiry{source: source, senders: senders, desc: prometheus.NewDesc(
		"taffrail_certificate_expiry_timestamp_seconds", "When a certificate expires, in Unix seconds.", []string{"certificate"}, nil,
	)})
}

// registerExemptions counts Exemptions at each scrape: they expire, and are used,
// with no change of the set.
func registerExemptions(registry prometheus.Registerer, set func() *guardrail.Set) {
	registry.MustRegister(&exemptions{set: set, desc: prometheus.NewDesc(
		"taffrail_exemptions", "Exemptions, by where they stand: used within 30 days, unused, expiring within 14 days, expired.", []string{"state"}, nil,
	)})
}

type exemptions struct {
	set  func() *guardrail.Set
	desc *prometheus.Desc
}

func (e *exemptions) Describe(ch chan<- *prometheus.Desc) { ch <- e.desc }

func (e *exemptions) Collect(ch chan<- prometheus.Metric) {
	set := e.set()
	if set == nil { // nothing has been read yet
		return
	}
	for state, n := range set.Exemptions() {
		ch <- prometheus.MustNewConstMetric(e.desc, prometheus.GaugeValue, float64(n), string(state))
	}
}

// registerOverruled tells how often the leader had to put the webhook configurations back.
func registerOverruled(registry prometheus.Registerer, count func() map[string]int) {
	registry.MustRegister(&overruled{count: count, desc: prometheus.NewDesc(
		"taffrail_webhook_configurations_overruled_total",
		"Changes of the webhook configurations by others that the leader has put back, by field manager.", []string{"manager"}, nil,
	)})
}

type overruled struct {
	count func() map[string]int
	desc  *prometheus.Desc
}

func (o *overruled) Describe(ch chan<- *prometheus.Desc) { ch <- o.desc }

func (o *overruled) Collect(ch chan<- prometheus.Metric) {
	for manager, n := range o.count() {
		ch <- prometheus.MustNewConstMetric(o.desc, prometheus.CounterValue, float64(n), manager)
	}
}

// expiry asks the source at each scrape: certificates are renewed.
type expiry struct {
	source  certs.Source
	senders *certs.Senders // nil: anybody may send
	desc    *prometheus.Desc
}

func (e *expiry) Describe(ch chan<- *prometheus.Desc) { ch <- e.desc }

func (e *expiry) Collect(ch chan<- prometheus.Metric) {
	all := e.source.Expiry()
	if e.senders != nil {
		maps.Copy(all, e.senders.Expiry())
	}
	for certificate, at := range all {
		ch <- prometheus.MustNewConstMetric(e.desc, prometheus.GaugeValue, float64(at.Unix()), certificate)
	}
}
