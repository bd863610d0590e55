//go:build linux

package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Result is what a load has cost.
type Result struct {
	// Answered is how many workloads were, Refused how many of these had a review that was not allowed.
	Answered, Refused int64
	// Failures are answers that were no AdmissionReview, by what they were.
	Failures map[string]int64 `json:",omitempty"`
	// PerSecond is how many workloads were answered in a second.
	PerSecond float64
	// CPU is the processor time of the server for one workload, user and system, in microseconds.
	CPU float64
	// How long a workload took, in microseconds.
	P50, P90, P99, P999, Max float64
	// Resident is the most memory seen while the load went on, Peak the most since the server began; in MiB.
	Resident, Peak float64
}

func resultOf(workers []*worker, took, cpu time.Duration, resident, peak int) Result {
	all := hdrhistogram.New(1, time.Minute.Microseconds(), 3)
	r := Result{Failures: map[string]int64{}, Resident: float64(resident) / 1024, Peak: float64(peak) / 1024}
	sent := int64(0)
	for _, w := range workers {
		all.Merge(w.took)
		r.Refused += w.refused
		for what, n := range w.failures {
			r.Failures[what] += n
			sent += n
		}
	}
	r.Answered = all.TotalCount()
	sent += r.Answered
	r.PerSecond = float64(r.Answered) / took.Seconds()
	r.CPU = float64(cpu.Microseconds()) / float64(max(1, sent))
	at := func(p float64) float64 { return float64(all.ValueAtPercentile(p)) }
	r.P50, r.P90, r.P99, r.P999, r.Max = at(50), at(90), at(99), at(99.9), float64(all.Max())
	return r
}
