//go:build linux

package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// measured is what go test says of one benchmark, run by run, by unit.
type measured map[string][]float64

// handler writes what the benchmarks of the package webhook have said.
func (r *report) handler() error {
	order, all, err := readBenchmarks(r.benchmarks)
	if err != nil {
		return err
	}
	t := newTable("review", "µs", "KB allocated", "allocations", "controller-runtime µs", "KB allocated", "allocations", "Taffrail faster by")
	for _, name := range order {
		rest, own := strings.CutPrefix(name, "Taffrail")
		if !own {
			continue
		}
		row := append([]string{title(rest)}, all[name].cells()...)
		if theirs, known := all["ControllerRuntime"+rest]; known {
			row = append(append(row, theirs.cells()...), fmt.Sprintf("%.1f ×", theirs.median("ns/op")/all[name].median("ns/op")))
		} else {
			row = append(row, "", "", "", "")
		}
		t.row(row...)
	}
	return r.write("handler.md", "What one review costs without a network", "The benchmarks of the package `webhook`, medians.\n\n"+t.String())
}

func (m measured) cells() []string {
	return []string{
		fmt.Sprintf("%.0f", m.median("ns/op")/1000), fmt.Sprintf("%.1f", m.median("B/op")/1000), fmt.Sprintf("%.0f", m.median("allocs/op")),
	}
}

func (m measured) median(unit string) float64 {
	values := slices.Sorted(slices.Values(m[unit]))
	if len(values) == 0 {
		return 0
	}
	return values[len(values)/2]
}

// title reads the name of a benchmark: Validate/guardrails=default/review=pod-5KB.
func title(name string) string {
	parts := strings.Split(name, "/")
	for i := range parts {
		if _, value, found := strings.Cut(parts[i], "="); found && parts[0] != "ValidateAmong" {
			parts[i] = value
		}
	}
	return strings.Join(parts, ", ")
}

// readBenchmarks reads the format of benchstat: a name, a number of times, and values with their units.
func readBenchmarks(file string) (order []string, all map[string]measured, err error) {
	text, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer text.Close()
	all = map[string]measured{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		name = strings.TrimSuffix(name, fmt.Sprintf("-%d", runtime.NumCPU()))
		if all[name] == nil {
			all[name] = measured{}
			order = append(order, name)
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %q: %w", file, lines.Text(), err)
			}
			all[name][fields[i+1]] = append(all[name][fields[i+1]], value)
		}
	}
	return order, all, lines.Err()
}
