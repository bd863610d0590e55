package main

import (
	"context"
	"time"

	"github.com/go-logr/logr"

	"taffrail.dev/taffrail/internal/resident"
)

// giveBackFirst and giveBackLast are how long a server waits before it gives memory back again. At first
// much is done for the first time, and never again.
const giveBackFirst, giveBackLast = 500 * time.Millisecond, time.Hour

// giveBack gives back the memory of the start once a server is ready, and then, ever more seldom, what
// it has touched since.
func giveBack(ctx context.Context, ready func() bool, log logr.Logger) error {
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for !ready() {
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
	}
	err := resident.GiveBackStart()
	for pause := giveBackFirst; err == nil; pause = min(2*pause, giveBackLast) {
		again.Reset(pause)
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
		err = resident.GiveBack()
	}
	log.V(1).Info("memory that is not needed is not given back", "why", err.Error())
	return nil
}
