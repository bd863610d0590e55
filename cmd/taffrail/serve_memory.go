package main

import (
	"context"
	"time"

	"github.com/go-logr/logr"

	"taffrail.dev/taffrail/internal/resident"
)

// giveBackStart gives back the memory of the start once a server is ready.
func giveBackStart(ctx context.Context, ready func() bool, log logr.Logger) error {
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for !ready() {
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
	}
	if err := resident.GiveBackStart(); err != nil {
		log.V(1).Info("the memory of the start is not given back", "why", err.Error())
	}
	return nil
}
