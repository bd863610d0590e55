package auditserver

import (
	"github.com/prometheus/client_golang/prometheus"

	"taffrail.dev/taffrail/internal/policyreport"
)

// ReportCollector tells Prometheus what was written. A replica that does not lead is at 0.
type ReportCollector struct {
	writer *policyreport.Writer // asked at each scrape

	reports, writes, failed *prometheus.Desc
}

// NewReportCollector makes a ReportCollector of a writer.
func NewReportCollector(writer *policyreport.Writer) *ReportCollector {
	return &ReportCollector{
		writer:  writer,
		reports: prometheus.NewDesc("taffrail_audit_reports", "Reports in the cluster, as the replica that writes them knows.", nil, nil),
		writes:  prometheus.NewDesc("taffrail_audit_report_writes_total", "Writes of reports, by what was done.", []string{"operation"}, nil),
		failed:  prometheus.NewDesc("taffrail_audit_report_errors_total", "Reports that could not be written, and passes over them that could not be made.", nil, nil),
	}
}

// Describe tells which metrics there are.
func (c *ReportCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.reports
	ch <- c.writes
	ch <- c.failed
}

// Collect tells what was written.
func (c *ReportCollector) Collect(ch chan<- prometheus.Metric) {
	m := c.writer.Metrics()
	ch <- prometheus.MustNewConstMetric(c.reports, prometheus.GaugeValue, float64(m.Reports))
	ch <- prometheus.MustNewConstMetric(c.writes, prometheus.CounterValue, float64(m.Written), "write")
	ch <- prometheus.MustNewConstMetric(c.writes, prometheus.CounterValue, float64(m.Deleted), "delete")
	ch <- prometheus.MustNewConstMetric(c.failed, prometheus.CounterValue, float64(m.Failed))
}
