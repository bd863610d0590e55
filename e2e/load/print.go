//go:build linux

package load

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Print writes the medians as a table; in brackets how many times what the first server of the load costs.
func Print(w io.Writer, samples []Sample) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(columns, "workload\tconnections\tserver\tCPU µs\tp50 µs\tp90\tp99\tp99.9\tmax\tper second\tresident MiB\tpeak\trefused\tfailures\t")
	var floor Group
	for _, g := range Groups(samples) {
		if floor == nil || floor[0].load() != g[0].load() {
			floor = g
		}
		number := func(of func(Sample) float64) string { return fmt.Sprintf("%.0f", g.Median(of)) }
		ratio := func(of func(Sample) float64) string {
			return fmt.Sprintf("%.0f (%.2f)", g.Median(of), g.Ratio(floor, of))
		}
		mib := func(of func(Sample) float64) string { return fmt.Sprintf("%.1f", g.Median(of)) }
		connections := fmt.Sprint(g[0].Connections)
		if g[0].Rate > 0 {
			connections += fmt.Sprintf(" at %.0f/s", g[0].Rate)
		}
		fmt.Fprintln(columns, strings.Join([]string{
			g[0].Workload, connections, g[0].Server, ratio(CPU), ratio(P50),
			number(P90), ratio(P99),
			number(P999), number(Max), ratio(PerSecond),
			mib(Resident), mib(Peak),
			number(Refused) + "%",
			number(Failed),
		}, "\t")+"\t")
	}
	return columns.Flush()
}
