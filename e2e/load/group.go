//go:build linux

package load

import (
	"cmp"
	"fmt"
	"slices"
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

// CPU is the processor time of a sample, for Median and Ratio, as the following are the rest of it.
func CPU(s Sample) float64 { return s.CPU }

// P50 is what half of the workloads took.
func P50(s Sample) float64 { return s.P50 }

// P90 is what nine of ten took.
func P90(s Sample) float64 { return s.P90 }

// P99 is what 99 of 100 took.
func P99(s Sample) float64 { return s.P99 }

// P999 is what 999 of 1,000 took.
func P999(s Sample) float64 { return s.P999 }

// Max is what the slowest took.
func Max(s Sample) float64 { return s.Max }

// PerSecond is how many were answered in a second.
func PerSecond(s Sample) float64 { return s.PerSecond }

// Resident is the most memory while the load went on.
func Resident(s Sample) float64 { return s.Resident }

// Peak is the most memory since the server began.
func Peak(s Sample) float64 { return s.Peak }

// Refused is how many of a hundred were refused.
func Refused(s Sample) float64 { return 100 * float64(s.Result.Refused) / float64(max(1, s.Answered)) }

// Failed is how many had no answer that is a review.
func Failed(s Sample) (n float64) {
	for _, of := range s.Failures {
		n += float64(of)
	}
	return n
}
