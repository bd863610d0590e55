//go:build linux

package load

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// back begins the next workload when the last one is answered: a closed loop.
func back(ctx context.Context) (time.Time, bool) { return time.Now(), ctx.Err() == nil }

// paced begins workloads at a fixed rate: an open loop. What it returns gives the time at which the
// next one was to begin, when that has come. The time that a workload waits for a free connection is
// counted as its own: those who wait for a server that is slow go on arriving.
func paced(ctx context.Context, rate float64, length time.Duration) func(context.Context) (time.Time, bool) {
	n := int(rate * length.Seconds())
	due := make(chan time.Time, n) // never blocks, so a slow server does not slow down the pace
	go func() {
		defer close(due)
		// A timer of Go's may be a millisecond late, which is as much as a review takes.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		began := time.Now()
		for i := range n {
			at := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
			sleep(time.Until(at))
			if ctx.Err() != nil {
				return
			}
			due <- at
		}
	}()
	return func(context.Context) (time.Time, bool) {
		at, ok := <-due
		return at, ok
	}
}

func sleep(d time.Duration) {
	for left := unix.NsecToTimespec(d.Nanoseconds()); left.Nano() > 0; {
		if err := unix.Nanosleep(&left, &left); err == nil {
			return
		}
	}
}
