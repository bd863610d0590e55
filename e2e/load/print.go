//go:build linux

package load

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Group is the samples of one server under one load, round by round.
type Group []Sample

// Groups are the samples by load and server, in the order in which they were first taken.
func Groups(samples []Sample) []Group {
	var groups []Group
	for _, s := range samples {
		i := slices.IndexFunc(groups, func(g Group) bool { return g[0].load() == s.load() && g[0].Server == s.Server })
		if i < 0 {
			i, groups = len(groups), append(groups, nil)
		}
		groups[i] = append(groups[i], s)
	}
	// The order of the loads, then that of the servers: groups are made server by server.
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(first(samples, a[0]), first(samples, b[0])) })
	return groups
}

func (s Sample) load() string { return fmt.Sprint(s.Workload, s.Connections, s.Rate) }

func first(samples []Sample, of Sample) int {
	return slices.IndexFunc(samples, func(s Sample) bool { return s.load() == of.load() })
}

// Median is the median over the rounds.
func (g Group) Median(of func(Sample) float64) float64 {
	values := make([]float64, len(g))
	for i, s := range g {
		values[i] = of(s)
	}
	return median(values)
}

// Ratio is the median of what is this group's by what is the other's in the same round.
func (g Group) Ratio(other Group, of func(Sample) float64) float64 {
	var ratios []float64
	for _, s := range g {
		i := slices.IndexFunc(other, func(o Sample) bool { return o.Round == s.Round })
		if i >= 0 && of(other[i]) > 0 {
			ratios = append(ratios, of(s)/of(other[i]))
		}
	}
	return median(ratios)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

// What is compared of samples.
func cpu(s Sample) float64       { return s.CPU }
func p50(s Sample) float64       { return s.P50 }
func p99(s Sample) float64       { return s.P99 }
func perSecond(s Sample) float64 { return s.PerSecond }

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
			g[0].Workload, connections, g[0].Server, ratio(cpu), ratio(p50),
			number(func(s Sample) float64 { return s.P90 }), ratio(p99),
			number(func(s Sample) float64 { return s.P999 }), number(func(s Sample) float64 { return s.Max }), ratio(perSecond),
			mib(func(s Sample) float64 { return s.Resident }), mib(func(s Sample) float64 { return s.Peak }),
			number(func(s Sample) float64 { return 100 * float64(s.Refused) / float64(max(1, s.Answered)) }) + "%",
			number(func(s Sample) float64 { return float64(s.failed()) }),
		}, "\t")+"\t")
	}
	return columns.Flush()
}

func (s Sample) failed() (n int64) {
	for _, of := range s.Failures {
		n += of
	}
	return n
}
