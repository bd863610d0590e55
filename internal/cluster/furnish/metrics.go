package furnish

import (
	"github.com/prometheus/client_golang/prometheus"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// maxLabels bounds the kits that have measurements of their own; there are a handful.
const maxLabels = 50

var (
	namespacesMetric = prometheus.NewDesc("taffrail_kit_namespaces",
		"Namespaces that a NamespaceKit selects, by how far they are; of the leader", []string{"kit", "state"}, nil)
	writesMetric = prometheus.NewDesc("taffrail_kit_writes_total",
		"Objects of NamespaceKits that were created, mended and removed", []string{"operation"}, nil)
)

// Describe implements prometheus.Collector.
func (f *Furnisher) Describe(to chan<- *prometheus.Desc) {
	to <- namespacesMetric
	to <- writesMetric
}

// Collect implements prometheus.Collector.
func (f *Furnisher) Collect(to chan<- prometheus.Metric) {
	f.mu.Lock()
	leads := f.queue != nil
	for _, operation := range []string{"create", "mend", "remove"} {
		to <- prometheus.MustNewConstMetric(writesMetric, prometheus.CounterValue, float64(f.writes[operation]), operation)
	}
	f.mu.Unlock()
	if !leads {
		return
	}
	for i, k := range f.current() {
		if i == maxLabels {
			return
		}
		for state, n := range k.count() {
			to <- prometheus.MustNewConstMetric(namespacesMetric, prometheus.GaugeValue, float64(n), k.name, string(state))
		}
	}
}

// count counts the Namespaces by their state.
func (k *kit) count() map[v1alpha1.KitState]int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := map[v1alpha1.KitState]int{v1alpha1.KitFurnished: 0, v1alpha1.KitWaiting: 0, v1alpha1.KitInConflict: 0}
	for _, o := range k.outcomes {
		n[o.state]++
	}
	return n
}
