//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"taffrail.dev/taffrail/e2e/load/plot"
	"taffrail.dev/taffrail/e2e/load/through"
)

// How many users create Pods at a time, and how many Pods they create in a turn.
var users = map[int]int{1: 300, 8: 800}

// wayNames are how the ways are called in a table.
var wayNames = map[string]string{
	"none": "no admission", "taffrail": "Taffrail", "typed": "controller-runtime typed", "policies": "policies in the API server",
}

// apiServer measures what a client of an API server waits for.
func (r *report) apiServer(ctx context.Context) (err error) {
	review, err := os.ReadFile(filepath.Join(r.root, "webhook/testdata/big.review.json"))
	if err != nil {
		return err
	}
	pod, err := through.Pod(review)
	if err != nil {
		return err
	}
	own, err := through.Webhooks(r.taffrail, filepath.Join(r.root, "deploy/components/static/webhooks.yaml"))
	if err != nil {
		return err
	}
	c, err := through.Start(r.assets)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	ways := []through.Way{through.None(), own, through.Typed(programs()), through.Policies()}
	var costs []through.Cost
	for round := range r.rounds {
		turns := slices.Clone(ways)
		if round%2 == 1 {
			slices.Reverse(turns)
		}
		for _, way := range turns {
			of, err := turn(ctx, c, way, pod)
			if err != nil {
				return err
			}
			costs = append(costs, of...)
			fmt.Fprint(os.Stderr, ".")
		}
	}
	fmt.Fprintln(os.Stderr)
	return r.writeAPIServer(ways, costs)
}

func turn(ctx context.Context, c *through.Cluster, way through.Way, pod []byte) (costs []through.Cost, err error) {
	server, remove, err := c.Install(ctx, way)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	// The first ones make connections, and what is compiled when it is first used.
	if _, err := c.Measure(ctx, way.Name, server, pod, 8, 200); err != nil {
		return nil, err
	}
	for _, n := range []int{1, 8} {
		cost, err := c.Measure(ctx, way.Name, server, pod, n, users[n])
		if err != nil {
			return nil, err
		}
		costs = append(costs, cost)
	}
	return costs, nil
}

func (r *report) writeAPIServer(ways []through.Way, costs []through.Cost) error {
	t := newTable("users", "way", "p50 µs", "added", "p99 µs", "added", "CPU µs of the API server", "of the webhook", "both, added")
	chart := plot.Chart{Title: "What the creation of a Pod of 5 KB takes, through an API server", X: "users at a time", Y: "µs (p50)"}
	for i, way := range ways {
		line := plot.Line{Name: wayNames[way.Name], Colour: []int{2, 0, 1, 3}[i]}
		for _, n := range []int{1, 8} {
			line.Points = append(line.Points, plot.Point{X: float64(n), Y: middle(costs, way.Name, n, through.Cost.MedianTime), Label: fmt.Sprint(n)})
		}
		chart.Lines = append(chart.Lines, line)
	}
	for _, n := range []int{1, 8} {
		for _, way := range ways {
			of := func(what func(through.Cost) float64) float64 { return middle(costs, way.Name, n, what) }
			added := func(what func(through.Cost) float64) string {
				if way.Name == "none" {
					return ""
				}
				return fmt.Sprintf("%.0f", added(costs, way.Name, n, what))
			}
			t.row(fmt.Sprint(n), wayNames[way.Name], fmt.Sprintf("%.0f", of(through.Cost.MedianTime)), added(through.Cost.MedianTime),
				fmt.Sprintf("%.0f", of(through.Cost.SlowTime)), added(through.Cost.SlowTime),
				fmt.Sprintf("%.0f", of(through.Cost.OfAPIServer)), fmt.Sprintf("%.0f", of(through.Cost.OfWebhook)), added(through.Cost.Both))
		}
	}
	if err := os.WriteFile(filepath.Join(r.out, "apiserver.svg"), []byte(chart.SVG()), 0o644); err != nil {
		return err
	}
	return r.write("apiserver.md", "What admission costs a client of an API server", fmt.Sprintf(
		"The creation of a Pod of 5 KB as a server-side dry run, through kube-apiserver and back, %d turns each. What is added is taken within a turn of all and then the median. The rules are those of the default guardrail for Pods.\n\n%s\n![](apiserver.svg)\n",
		r.rounds, t.String()))
}

// values are those of a way, turn by turn.
func values(costs []through.Cost, way string, users int, what func(through.Cost) float64) (all []float64) {
	for _, c := range costs {
		if c.Way == way && c.Users == users {
			all = append(all, what(c))
		}
	}
	return all
}

func middle(costs []through.Cost, way string, users int, what func(through.Cost) float64) float64 {
	sorted := slices.Sorted(slices.Values(values(costs, way, users, what)))
	return sorted[len(sorted)/2]
}

// added is what a way takes more than none, in the same round.
func added(costs []through.Cost, way string, users int, what func(through.Cost) float64) float64 {
	of, none := values(costs, way, users, what), values(costs, "none", users, what)
	for i := range of {
		of[i] -= none[i]
	}
	slices.Sort(of)
	return of[len(of)/2]
}
