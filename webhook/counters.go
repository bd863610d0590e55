package webhook

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// counters are those of a vector by a struct of their labels. The vector itself checks and hashes each
// label each time, which for a Pod with findings is a hundredth of its review.
type counters[Labels comparable] struct {
	*prometheus.CounterVec
	values func(Labels) []string

	mu    sync.RWMutex
	known map[Labels]prometheus.Counter
}

func newCounters[Labels comparable](opts prometheus.CounterOpts, names []string, values func(Labels) []string) *counters[Labels] {
	return &counters[Labels]{
		CounterVec: prometheus.NewCounterVec(opts, names), values: values, known: map[Labels]prometheus.Counter{},
	}
}

// of is one of them. There are as many as the vector has: labels are bounded.
func (c *counters[Labels]) of(labels Labels) prometheus.Counter {
	c.mu.RLock()
	counter := c.known[labels]
	c.mu.RUnlock()
	if counter != nil {
		return counter
	}
	counter = c.WithLabelValues(c.values(labels)...)
	c.mu.Lock()
	c.known[labels] = counter
	c.mu.Unlock()
	return counter
}

// The labels of the counters that each review adds to.
type (
	requestLabels  struct{ webhook, operation, kind, result string }
	findingLabels  struct{ guardrail, validator, action string }
	mutationLabels struct{ guardrail, mutator string }
)
