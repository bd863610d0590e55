package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// runnable stands behind a server and runs for as long as it drains.
type runnable struct {
	name string // what it does, for its error
	run  func(context.Context) error
}

// start starts runnables in a group. The first that fails ends them all.
func start(ctx context.Context, group *errgroup.Group, all []runnable) {
	for _, r := range all {
		group.Go(func() error {
			if err := r.run(ctx); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			return nil
		})
	}
}
