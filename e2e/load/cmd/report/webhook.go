//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"taffrail.dev/taffrail/e2e/load"
	"taffrail.dev/taffrail/e2e/load/enforced"
	"taffrail.dev/taffrail/e2e/load/reviews"
)

const (
	usual     = "pod-5KB"
	many      = 16  // connections
	openRate  = 250 // workloads a second, which every server here can bear
	matching  = 10  // guardrails, of however many there are
	constant  = "constant"
	taffrail  = "taffrail"
	reference = "typed"
)

// results are the samples of one comparison.
type results []load.Sample

// of is the group of a server under a load.
func (r results) of(server, workload string, connections int, rate float64) load.Group {
	groups := load.Groups(r)
	i := slices.IndexFunc(groups, func(g load.Group) bool {
		return g[0].Server == server && g[0].Workload == workload && g[0].Connections == connections && g[0].Rate == rate
	})
	if i < 0 {
		return nil
	}
	return groups[i]
}

// webhook measures the server as an API server sees it.
func (r *report) webhook(ctx context.Context) error {
	workloads, err := reviews.Read(filepath.Join(r.root, "webhook/testdata"))
	if err != nil {
		return err
	}
	beside, err := r.beside(ctx, workloads)
	if err != nil {
		return err
	}
	sets, err := r.sets(ctx, workloads)
	if err != nil {
		return err
	}
	growth, err := r.growth(ctx, workloads)
	if err != nil {
		return err
	}
	page := bounds(beside, growth) + pod(beside) + open(beside) + everyReview(beside, workloads) + everySet(sets) + r.grown(growth)
	if err := r.write("webhook.md", "What the webhook server costs", page); err != nil {
		return err
	}
	return r.charts(beside, growth, workloads)
}

// beside are all reviews, on the three servers.
func (r *report) beside(ctx context.Context, workloads []reviews.Workload) (results, error) {
	servers := []load.Program{load.Constant(programs()), load.Typed(programs()), load.Taffrail(taffrail, r.taffrail, "")}
	var loads []load.Run
	for _, w := range workloads {
		length := 2 * r.length / 5
		if w.Name == usual {
			length = 3 * r.length / 2
			loads = append(loads, load.Run{Workload: w, Connections: many, Rate: openRate, Warm: length / 5, For: 2 * r.length})
		}
		for _, connections := range []int{1, many} {
			loads = append(loads, load.Run{Workload: w, Connections: connections, Warm: length / 5, For: length})
		}
	}
	return r.compare(ctx, "reviews", servers, loads)
}

// sets are the sets of guardrails, with the usual Pod.
func (r *report) sets(ctx context.Context, workloads []reviews.Workload) (results, error) {
	servers := []load.Program{load.Constant(programs())}
	for _, name := range enforced.Names {
		text, err := enforced.Text(r.root, name)
		if err != nil {
			return nil, err
		}
		server, err := r.enforcing(name, text)
		if err != nil {
			return nil, err
		}
		servers = append(servers, server)
	}
	return r.compare(ctx, "sets of guardrails", servers, r.usual(workloads, 1, many))
}

var guardrails = []int{10, 30, 100, 300, 1000}

// growth is the usual Pod under more and more checks, and among more and more guardrails.
func (r *report) growth(ctx context.Context, workloads []reviews.Workload) (results, error) {
	servers := []load.Program{load.Constant(programs())}
	all, err := enforced.Checks(r.root)
	if err != nil {
		return nil, err
	}
	for n := 0; n < all; n += 20 {
		r.checks = append(r.checks, n)
	}
	r.checks = append(r.checks, all)
	for _, n := range r.checks {
		text, err := enforced.First(r.root, n)
		if err != nil {
			return nil, err
		}
		server, err := r.enforcing(nChecks(n), text)
		if err != nil {
			return nil, err
		}
		servers = append(servers, server)
	}
	for _, n := range guardrails {
		server, err := r.enforcing(nGuardrails(n), enforced.Many(n, matching))
		if err != nil {
			return nil, err
		}
		servers = append(servers, server)
	}
	return r.compare(ctx, "growth", servers, r.usual(workloads, many))
}

func nChecks(n int) string     { return fmt.Sprintf("%d checks", n) }
func nGuardrails(n int) string { return fmt.Sprintf("%d guardrails", n) }

func (r *report) usual(workloads []reviews.Workload, connections ...int) (loads []load.Run) {
	for _, w := range workloads {
		if w.Name != usual {
			continue
		}
		for _, n := range connections {
			loads = append(loads, load.Run{Workload: w, Connections: n, Warm: r.length / 10, For: r.length / 2})
		}
	}
	return loads
}

// enforcing is Taffrail with the guardrails of a text.
func (r *report) enforcing(name, text string) (load.Program, error) {
	folder := filepath.Join(programs(), "guardrails")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return load.Program{}, err
	}
	file := filepath.Join(folder, name+".yaml")
	return load.Taffrail(name, r.taffrail, file), os.WriteFile(file, []byte(text), 0o644)
}

func (r *report) compare(ctx context.Context, what string, servers []load.Program, loads []load.Run) (results, error) {
	fmt.Fprintf(os.Stderr, "measuring %s: %d servers, %d loads, %d rounds\n", what, len(servers), len(loads), r.rounds)
	return load.Compare(ctx, servers, loads, r.rounds, func(load.Sample) {})
}
