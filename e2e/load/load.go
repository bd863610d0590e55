//go:build linux

// Package load sends AdmissionReviews to a webhook server as an API server does, over TLS and
// HTTP/1.1 on connections that are kept, and measures what that costs: how long each review takes,
// and the processor time and the memory of the server.
package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"taffrail.dev/taffrail/e2e/load/reviews"
)

// Run is one load on one server.
type Run struct {
	// Workload is what is sent, again and again.
	Workload reviews.Workload
	// Connections is how many there are at a time. One is a sequence.
	Connections int
	// Rate is how many workloads begin in a second, whatever becomes of those before (an open loop).
	// Without one each connection sends as soon as it has its answer (a closed loop).
	Rate float64
	// Warm is how long the same is sent first and not measured, For how long it is measured.
	Warm, For time.Duration
}

// Do sends the load to a server, and returns what it has cost.
func (r Run) Do(ctx context.Context, server *Server) (Result, error) {
	workers, err := r.connect(ctx, server)
	if err != nil {
		return Result{}, err
	}
	defer func() {
		for _, w := range workers {
			w.connection.close()
		}
	}()
	if err := r.phase(ctx, workers, r.Warm); err != nil {
		return Result{}, err
	}
	for _, w := range workers {
		w.reset()
	}

	before, err := server.usage()
	if err != nil {
		return Result{}, err
	}
	peak := server.sample()
	began := time.Now()
	err = r.phase(ctx, workers, r.For)
	took := time.Since(began)
	resident := peak()
	if err != nil {
		return Result{}, err
	}
	after, err := server.usage()
	if err != nil {
		return Result{}, err
	}
	// The kernel counts the peak only now and then.
	return resultOf(workers, took, after.cpu-before.cpu, resident, max(resident, after.peak)), nil
}

// connect opens the connections, which takes processor time that is not of reviews.
func (r Run) connect(ctx context.Context, server *Server) ([]*worker, error) {
	workers := make([]*worker, r.Connections)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	calls := server.calls(r.Workload)
	for i := range workers {
		group.Go(func() error {
			connection, err := dial(ctx, server.Address)
			workers[i] = newWorker(connection, calls)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("connecting to %s on %s: %w", server.Name, server.Address, err)
	}
	return workers, nil
}

// phase keeps all connections busy for some time. An open loop ends when all is answered that was to begin
// in it: who is left out has waited longest.
func (r Run) phase(ctx context.Context, workers []*worker, length time.Duration) error {
	var next func(context.Context) (time.Time, bool)
	if r.Rate > 0 {
		next = paced(ctx, r.Rate, length)
	} else {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, length)
		defer cancel()
		next = back
	}
	var group sync.WaitGroup
	for _, w := range workers {
		group.Go(func() { w.run(ctx, next) })
	}
	group.Wait()
	for _, w := range workers {
		if w.broken != nil {
			return w.broken
		}
	}
	return nil
}
