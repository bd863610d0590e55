package policyreport

import (
	"cmp"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"

	"taffrail.dev/taffrail/internal/audit"
)

// Options are how often to write. What is left out has a default.
type Options struct {
	// Every is how long a report is left alone after it was written: 30 seconds.
	Every time.Duration
	// Passes is how long a report is left alone of which only the count of passes has changed: 10
	// minutes. Pods that come and go change it all the time.
	Passes time.Duration
	// Look is how long what is in the cluster is taken for what was written, and the APIs for those that
	// are served: 5 minutes.
	Look time.Duration
	// PerSecond bounds the requests: 5.
	PerSecond float32
	Log       logr.Logger
}

func (o *Options) complete() {
	o.Every = cmp.Or(o.Every, 30*time.Second)
	o.Passes = cmp.Or(o.Passes, 10*time.Minute)
	o.Look = cmp.Or(o.Look, 5*time.Minute)
	o.PerSecond = cmp.Or(o.PerSecond, 5)
}

// Source is what is reported: audit.Live, or what shares its ticks among several.
type Source interface {
	Ready() bool
	Report() *audit.Report
	Changed() <-chan struct{}
}

// Metrics are the figures of a Writer.
type Metrics struct {
	// API is the one that is written, as apiVersion says it, or empty where none is served.
	API string
	// Reports are how many there are.
	Reports int
	// Written and Deleted are how many times a report has been since the start, Failed how many times
	// that was refused or not answered.
	Written, Deleted, Failed uint64
}

// Writer keeps the reports of a cluster as an audit says.
type Writer struct {
	client  rest.Interface
	options Options
	limit   flowcontrol.RateLimiter

	api     *API // nil: none is served, or nobody has looked
	stored  map[string]map[string]*stored
	told    string // what was last said of the APIs
	lookAt  time.Time
	written *audit.Report // all of it is in the cluster

	mu      sync.Mutex
	metrics Metrics
}

// NewWriter makes one. The client is one for absolute paths.
func NewWriter(client rest.Interface, o Options) *Writer {
	o.complete()
	return &Writer{
		client: client, options: o, limit: flowcontrol.NewTokenBucketRateLimiter(o.PerSecond, max(1, int(2*o.PerSecond))),
		stored: map[string]map[string]*stored{},
	}
}

// Metrics are the figures of now.
func (w *Writer) Metrics() Metrics {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.metrics
}

func (w *Writer) count(change func(*Metrics)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.metrics)
}

const (
	// settle is how long a change waits for others that come with it.
	settle = 5 * time.Second
	// outages are waited out for this long at first, and at last.
	firstRetry, lastRetry = time.Second, 2 * time.Minute
)

// Run writes whatever changes, until the context ends. It never gives up on an outage.
func (w *Writer) Run(ctx context.Context, from Source) error {
	w.lookAt = time.Time{} // another leader may have written since
	retry := time.Duration(0)
	for ctx.Err() == nil {
		next, err := w.pass(ctx, from)
		if err != nil && ctx.Err() == nil {
			w.count(func(m *Metrics) { m.Failed++ })
			retry = min(max(2*retry, firstRetry), lastRetry)
			next = retry/2 + rand.N(retry) // so that not all replicas come back at once
			w.options.Log.Error(err, "reports could not be written, and will be again", "in", next.Round(time.Second).String())
			wait(ctx, nil, next)
			continue
		}
		retry = 0
		if wait(ctx, from.Changed(), next) {
			wait(ctx, nil, settle)
		}
	}
	return nil
}

// wait waits for a tick, or for some time, and says whether it was a tick.
func wait(ctx context.Context, tick <-chan struct{}, most time.Duration) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-tick:
		return true
	case <-timer.C:
		return false
	}
}

// pass writes what is due, and says when to come again though nothing changes: the tick of a change
// may be somebody else's.
func (w *Writer) pass(ctx context.Context, from Source) (next time.Duration, err error) {
	if err := w.lookAgain(ctx); err != nil {
		return 0, err
	}
	next = min(w.options.Every, time.Until(w.lookAt))
	report := from.Report()
	if w.api == nil || !from.Ready() || report == w.written {
		return max(next, settle), nil
	}
	due, err := w.Write(ctx, report)
	if err != nil {
		return 0, err
	}
	if due.IsZero() {
		w.written = report
		return max(next, settle), nil
	}
	return max(min(next, time.Until(due)), settle), nil
}
