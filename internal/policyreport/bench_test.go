package policyreport

import "testing"

// What a look at a change costs, of 10,000 findings in 60 namespaces.
func BenchmarkCompare(b *testing.B) {
	r := large(10_000, 60)
	for b.Loop() {
		for n := range namespaces(r) {
			for _, one := range n.reports(&OpenReports, nil) {
				_ = one.content()
			}
		}
	}
}
