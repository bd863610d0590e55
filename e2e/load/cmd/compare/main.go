//go:build linux

// Command compare sends the same load to several servers in turns, and prints what each costs beside the first.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"taffrail.dev/taffrail/e2e/load"
	"taffrail.dev/taffrail/e2e/load/reviews"
)

func main() {
	var o options
	o.flags()
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

type options struct {
	programs    []load.Program
	workloads   string
	connections string
	rate        float64
	length      time.Duration
	rounds      int
	guardrails  string
	folder      string
	json        string
}

func (o *options) flags() {
	beside := "."
	if own, err := os.Executable(); err == nil {
		beside = filepath.Dir(own)
	}
	flag.Func("taffrail", "NAME=PROGRAM: a Taffrail to measure (repeatable)", func(value string) error {
		name, program, found := strings.Cut(value, "=")
		if !found {
			return fmt.Errorf("%q: must be NAME=PROGRAM", value)
		}
		unpacked, err := load.Unpack(program, filepath.Join(beside, "programs", name))
		o.programs = append(o.programs, load.Taffrail(name, unpacked, o.guardrails))
		return err
	})
	flag.BoolFunc("typed", "measure controller-runtime's typed webhooks too", func(string) error {
		o.programs = append(o.programs, load.Typed(beside))
		return nil
	})
	flag.StringVar(&o.guardrails, "guardrails", "", "what each -taffrail after this enforces: a file or a directory; left out, the built-in default")
	flag.StringVar(&o.workloads, "workloads", "pod-5KB", "what is sent, by name, separated by commas; or all")
	flag.StringVar(&o.connections, "connections", "1,16", "how many connections at a time, separated by commas")
	flag.Float64Var(&o.rate, "rate", 0, "how many workloads a second begin (open loop); 0 sends the next when the last is answered (closed loop)")
	flag.DurationVar(&o.length, "length", 2*time.Second, "how long each load is measured")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each server has its turn; medians are printed")
	flag.StringVar(&o.folder, "reviews", "webhook/testdata", "the folder of the reviews that the workloads are made of")
	flag.StringVar(&o.json, "json", "", "a file for every single result")
	o.programs = []load.Program{load.Constant(beside)}
}

func (o *options) run(ctx context.Context) error {
	loads, err := o.loads()
	if err != nil {
		return err
	}
	samples, err := load.Compare(ctx, o.programs, loads, o.rounds, func(load.Sample) { fmt.Fprint(os.Stderr, ".") })
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return err
	}
	if o.json != "" {
		text, err := json.MarshalIndent(samples, "", " ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, text, 0o644); err != nil {
			return err
		}
	}
	return load.Print(os.Stdout, samples)
}

func (o *options) loads() (loads []load.Run, err error) {
	all, err := reviews.Read(o.folder)
	if err != nil {
		return nil, err
	}
	all = append(all, reviews.Mixed(all))
	chosen := strings.Split(o.workloads, ",")
	for _, w := range all {
		if o.workloads != "all" && !slices.Contains(chosen, w.Name) {
			continue
		}
		for number := range strings.SplitSeq(o.connections, ",") {
			n, err := strconv.Atoi(number)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("-connections %q: must be numbers from 1 on", o.connections)
			}
			loads = append(loads, load.Run{Workload: w, Connections: n, Rate: o.rate, Warm: o.length / 5, For: o.length})
		}
	}
	if len(loads) == 0 {
		return nil, fmt.Errorf("-workloads %q: must be of %s", o.workloads, strings.Join(names(all), ", "))
	}
	return loads, nil
}

func names(all []reviews.Workload) (names []string) {
	for _, w := range all {
		names = append(names, w.Name)
	}
	return names
}
