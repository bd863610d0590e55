package resident

import (
	"context"
	"math"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/go-logr/logr"
)

// share of the limit of the container is what Go's heap may take before the collector works harder.
// The rest is for the program's file, which the kernel counts too, and for bursts.
const share = 0.625

// FollowContainer has the collector go by the memory limit of the container, by its control group
// (version 1 or 2), until the context ends. Where GOMEMLIMIT is set, that holds; where there is no
// limit, none is set.
func FollowContainer(ctx context.Context, log logr.Logger) {
	follow(ctx, memlimit.FromCgroup, time.Minute, log)
}

// follow looks again and again: a Pod that is resized in place keeps its process. With the old limit
// the kernel would kill one that was made smaller.
func follow(ctx context.Context, limit memlimit.Provider, every time.Duration, log logr.Logger) {
	bytes, err := memlimit.Set(memlimit.WithRatio(share), memlimit.WithProvider(limit), memlimit.WithRefreshInterval(ctx, every))
	if err != nil { // no control groups: the machine's memory is the limit
		log.V(1).Info("no memory limit of a container to go by", "why", err.Error())
		return
	}
	if bytes > 0 && bytes < math.MaxInt64 {
		log.V(1).Info("the collector goes by the memory limit of the container", "GOMEMLIMIT", bytes)
	}
}
