//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"taffrail.dev/taffrail/e2e/load"
	"taffrail.dev/taffrail/e2e/load/plot"
	"taffrail.dev/taffrail/e2e/load/reviews"
)

// charts draws what the page shows.
func (r *report) charts(beside, growth results, workloads []reviews.Workload) error {
	for name, chart := range map[string]plot.Chart{
		"latency.svg":    latency(beside),
		"size.svg":       size(beside, workloads),
		"checks.svg":     count(growth, "Cost against the number of checks (Pod of 5 KB)", "checks", r.checks, nChecks),
		"guardrails.svg": count(growth, "Cost against the number of guardrails, of which 10 match (Pod of 5 KB)", "guardrails", guardrails, nGuardrails),
	} {
		if err := os.WriteFile(filepath.Join(r.out, name), []byte(chart.SVG()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

var servers = []string{taffrail, reference, constant}

// line is the line of a server, which has the same colour in all charts.
func line(server string) plot.Line {
	switch server {
	case taffrail:
		return plot.Line{Name: "Taffrail", Colour: 0}
	case reference:
		return plot.Line{Name: "controller-runtime", Colour: 1}
	}
	return plot.Line{Name: "constant answer", Colour: 2}
}

// latency has each further nine of a percentile at the same distance.
func latency(beside results) plot.Chart {
	c := plot.Chart{Title: fmt.Sprintf("Latency by percentile, %d Pods of 5 KB a second", openRate), X: "percentile", Y: "ms", LogX: true, LogY: true}
	for _, server := range servers {
		g := beside.of(server, usual, many, openRate)
		line := line(server)
		for _, p := range []struct {
			label string
			of    func(load.Sample) float64
			above float64 // how many in one are slower
		}{{"50", load.P50, .5}, {"90", load.P90, .1}, {"99", load.P99, .01}, {"99.9", load.P999, .001}} {
			line.Points = append(line.Points, plot.Point{X: 1 / p.above, Y: g.Median(p.of) / 1000, Label: p.label})
		}
		c.Lines = append(c.Lines, line)
	}
	return c
}

// size is over the Pods that are named by their size.
func size(beside results, workloads []reviews.Workload) plot.Chart {
	c := plot.Chart{Title: "Cost against the size of a Pod, 16 connections", X: "KB", Y: "CPU µs for a Pod", LogX: true, LogY: true}
	for _, server := range servers {
		line := line(server)
		for _, w := range workloads {
			var label string
			switch w.Name {
			case "pod-1.5KB", usual, "pod-30KB", "pod-100KB":
				label = w.Name[len("pod-") : len(w.Name)-len("KB")]
			default:
				continue
			}
			line.Points = append(line.Points, plot.Point{
				X: float64(len(w.Calls[0].Review)) / 1000, Y: beside.of(server, w.Name, many, 0).Median(load.CPU), Label: label,
			})
		}
		c.Lines = append(c.Lines, line)
	}
	return c
}

// count is over numbers of something, beside the constant answer.
func count(growth results, title, x string, numbers []int, name func(int) string) plot.Chart {
	c := plot.Chart{Title: title, X: x, Y: "CPU µs for a Pod", LogX: numbers[0] > 0}
	own, floor := line(taffrail), line(constant)
	for _, n := range numbers {
		own.Points = append(own.Points, plot.Point{X: float64(n), Y: growth.of(name(n), usual, many, 0).Median(load.CPU)})
		floor.Points = append(floor.Points, plot.Point{X: float64(n), Y: growth.of(constant, usual, many, 0).Median(load.CPU)})
	}
	c.Lines = []plot.Line{own, floor}
	return c
}
