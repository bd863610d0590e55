package audit

import (
	"context"
	"sync"
	"time"

	"taffrail.dev/taffrail/guardrail"
)

// LiveOptions are what to evaluate by, and how to follow.
type LiveOptions struct {
	// Options are those of Run. Where they are Stored, the Guardrails of the cluster are followed, and
	// those of Options are not looked at. The Exemptions of the cluster are followed in any case, beside
	// those of Options.
	Options
	// Fallback is what to evaluate by as long as the cluster has no Guardrail at all. Left out, nothing
	// is evaluated so long.
	Fallback guardrail.Objects
}

// LiveMetrics are the figures of a Live.
type LiveMetrics struct {
	// Objects are how many are held.
	Objects int
	// Evaluations are how many have been made since the start.
	Evaluations uint64
	// Oldest is as of when all verdicts are known to hold, as Report.Time. It is zero before there are any.
	Oldest time.Time
	// LastFull is how long it took to evaluate all objects the last time.
	LastFull time.Duration
}

// Live is a cluster whose objects are evaluated as they change.
type Live struct {
	cluster Cluster
	options LiveOptions
	changed chan struct{}

	mu      sync.Mutex
	report  *Report
	ready   bool
	metrics LiveMetrics
}

// NewLive makes one. Nothing is asked of the cluster before Run.
func NewLive(cluster Cluster, o LiveOptions) *Live {
	return &Live{cluster: cluster, options: o, changed: make(chan struct{}, 1), report: &Report{Results: []Result{}, Notes: []string{}}}
}

// again is how long all objects are left alone.
const again = time.Minute

// Run evaluates all objects, again and again, until the context ends. It never gives up on an outage.
func (l *Live) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		l.evaluate(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
	return nil
}

func (l *Live) evaluate(ctx context.Context) {
	began := time.Now()
	o := l.options.Options
	stored, err := Stored(ctx, l.cluster)
	switch {
	case o.Stored && err != nil:
		return
	case !o.Stored:
		o.Guardrails.Exemptions = append(o.Guardrails.Exemptions[:len(o.Guardrails.Exemptions):len(o.Guardrails.Exemptions)], stored.Exemptions...)
	case len(stored.Guardrails) == 0:
		o.Guardrails = l.options.Fallback
		o.Guardrails.Exemptions = stored.Exemptions
	default:
		o.Guardrails = stored
	}
	report, err := Run(ctx, l.cluster, o)
	if err != nil {
		return
	}
	l.mu.Lock()
	l.report, l.ready = report, true
	l.metrics = LiveMetrics{report.Summary.Objects, l.metrics.Evaluations + uint64(report.Summary.Objects), report.Time, time.Since(began)} //nolint:gosec // not below 0
	l.mu.Unlock()
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// Report is what Run of the package would say now. It is shared: nobody may change it.
func (l *Live) Report() *Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.report
}

// Changed has a tick whenever Report would say something else than before.
func (l *Live) Changed() <-chan struct{} { return l.changed }

// Ready tells whether everything that may be listed has been evaluated once.
func (l *Live) Ready() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ready
}

// Metrics are the figures of now.
func (l *Live) Metrics() LiveMetrics {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.metrics
}
