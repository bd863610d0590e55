//go:build linux

package main

import (
	"fmt"
	"strings"

	"taffrail.dev/taffrail/e2e/load"
	"taffrail.dev/taffrail/e2e/load/enforced"
	"taffrail.dev/taffrail/e2e/load/reviews"
)

// names are how the servers are called in a table.
var names = map[string]string{constant: "constant answer", taffrail: "Taffrail", reference: "controller-runtime typed"}

// bounds are what must hold, and what was measured.
func bounds(beside, growth results) string {
	t := newTable("what must hold", "at most", "measured")
	ratio := func(of func(load.Sample) float64, workload string, connections int) float64 {
		return beside.of(taffrail, workload, connections, 0).Ratio(beside.of(constant, workload, connections, 0), of)
	}
	line := func(what string, most, measured float64, unit string) {
		t.row(what, fmt.Sprintf("%.1f%s", most, unit), fmt.Sprintf("%.2f%s", measured, unit))
	}
	line("CPU of a Pod of 5 KB at 16 connections, by the constant answer's", 2.5, ratio(load.CPU, usual, many), "")
	line("the same in sequence", 1.9, ratio(load.CPU, usual, 1), "")
	line("99th percentile in sequence, by the constant answer's", 1.8, ratio(load.P99, usual, 1), "")
	line("resident memory at 16 connections", 40, beside.of(taffrail, usual, many, 0).Median(load.Resident), " MiB")
	line("CPU of a ConfigMap of 500 KB that no check looks at, by the constant answer's", 1.3, ratio(load.CPU, "configmap-500KB", many), "")
	line("CPU of a Pod refused with 25 findings, by an admitted one's of that size", 1.5,
		beside.of(taffrail, "pod-refused-25", many, 0).Ratio(beside.of(taffrail, "pod-admitted", many, 0), load.CPU), "")
	line("CPU among 1,000 guardrails of which 10 match, by among these 10 alone", 1.3,
		growth.of(nGuardrails(1000), usual, many, 0).Ratio(growth.of(nGuardrails(10), usual, many, 0), load.CPU), "")
	return "## What must hold\n\n" + t.String() + "\n"
}

// pod is the usual Pod on the three servers, to the last percentile.
func pod(beside results) string {
	t := newTable("server", "connections", "CPU µs", "×", "p50 µs", "p90", "p99", "×", "p99.9", "max", "Pods/s", "resident MiB")
	for _, connections := range []int{1, many} {
		for _, server := range []string{constant, taffrail, reference} {
			t.row(append([]string{names[server]}, cells(beside, server, connections, 0)...)...)
		}
	}
	return "## A Pod of 5 KB, default guardrail\n\nMutated and validated; each connection sends the next as soon as it has its answer. × is by the constant answer.\n\n" + t.String() + "\n"
}

func cells(beside results, server string, connections int, rate float64) []string {
	g, floor := beside.of(server, usual, connections, rate), beside.of(constant, usual, connections, rate)
	return []string{
		fmt.Sprint(connections), whole(g, load.CPU), times(g, floor, load.CPU), whole(g, load.P50), whole(g, load.P90), whole(g, load.P99),
		times(g, floor, load.P99), whole(g, load.P999), whole(g, load.Max), whole(g, load.PerSecond), fmt.Sprintf("%.1f", g.Median(load.Resident)),
	}
}

func whole(g load.Group, of func(load.Sample) float64) string {
	return fmt.Sprintf("%.0f", g.Median(of))
}

func times(g, floor load.Group, of func(load.Sample) float64) string {
	return fmt.Sprintf("%.2f", g.Ratio(floor, of))
}

// open is the same, when Pods come whether or not those before are answered.
func open(beside results) string {
	t := newTable("server", "connections", "CPU µs", "×", "p50 µs", "p90", "p99", "×", "p99.9", "max", "Pods/s", "resident MiB")
	for _, server := range []string{constant, taffrail, reference} {
		t.row(append([]string{names[server]}, cells(beside, server, many, openRate)...)...)
	}
	return fmt.Sprintf("## The same at %d Pods a second\n\nAn open loop: a Pod's time is counted from when it was to begin, so that one that waits for those before it is counted with its wait.\n\n"+
		"![Latency by percentile](latency.svg)\n\n", openRate) + t.String() + "\n"
}

// everyReview is each review on the three servers.
func everyReview(beside results, workloads []reviews.Workload) string {
	t := newTable("review", "connections", "constant CPU µs", "Taffrail", "×", "controller-runtime", "×", "Taffrail p50 µs", "p99")
	for _, w := range workloads {
		for _, connections := range []int{1, many} {
			floor, own, theirs := beside.of(constant, w.Name, connections, 0), beside.of(taffrail, w.Name, connections, 0), beside.of(reference, w.Name, connections, 0)
			row := []string{w.Name, fmt.Sprint(connections), whole(floor, load.CPU), whole(own, load.CPU), times(own, floor, load.CPU)}
			if theirs == nil {
				row = append(row, "", "")
			} else {
				row = append(row, whole(theirs, load.CPU), times(theirs, floor, load.CPU))
			}
			t.row(append(row, whole(own, load.P50), whole(own, load.P99))...)
		}
	}
	return "## Every review\n\nDefault guardrail. Pods are mutated and validated; a Deployment, its update (which holds the old one and the new) and a ConfigMap are validated. " +
		"`pod-admitted` and `pod-refused-25` have the same six containers.\n\n![Cost against size](size.svg)\n\n" + t.String() + "\n"
}

// everySet is the usual Pod under each set of guardrails.
func everySet(sets results) string {
	t := newTable("guardrails", "refused", "sequence: CPU µs", "×", "p50 µs", "p99", "16 connections: CPU µs", "×", "p50 µs", "p99")
	for _, set := range enforced.Names {
		row := []string{set, fmt.Sprintf("%.0f %%", sets.of(set, usual, 1, 0).Median(load.Refused))}
		for _, connections := range []int{1, many} {
			own, floor := sets.of(set, usual, connections, 0), sets.of(constant, usual, connections, 0)
			row = append(row, whole(own, load.CPU), times(own, floor, load.CPU), whole(own, load.P50), whole(own, load.P99))
		}
		t.row(row...)
	}
	return "## Every set of guardrails\n\nA Pod of 5 KB. `none` is a guardrail with nothing in it, `cel-10` ten rules in CEL beside the default, `restricted` " +
		"the one of [deploy/guardrails](../../deploy/guardrails/restricted.yaml), `everything` all checks and defaults of the catalogue.\n\n" + t.String() + "\n"
}

// grown is the usual Pod under more and more.
func (r *report) grown(growth results) string {
	var b strings.Builder
	b.WriteString("## Many checks, many guardrails\n\nA Pod of 5 KB at 16 connections. Checks are taken from the catalogue in the order of their names, with all defaults; " +
		"what comes on top is mostly what they find. Of the guardrails ten hold for the Pod's Namespace, the others for others.\n\n" +
		"![Cost against the number of checks](checks.svg)\n\n![Cost against the number of guardrails](guardrails.svg)\n\n")
	t := newTable("checks", "CPU µs", "×")
	for _, n := range r.checks {
		g := growth.of(nChecks(n), usual, many, 0)
		t.row(fmt.Sprint(n), whole(g, load.CPU), times(g, growth.of(constant, usual, many, 0), load.CPU))
	}
	b.WriteString(t.String() + "\n")
	t = newTable("guardrails", "CPU µs", "by 10")
	for _, n := range guardrails {
		g := growth.of(nGuardrails(n), usual, many, 0)
		t.row(fmt.Sprint(n), whole(g, load.CPU), times(g, growth.of(nGuardrails(10), usual, many, 0), load.CPU))
	}
	b.WriteString(t.String())
	return b.String()
}
