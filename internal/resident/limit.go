package resident

import (
	"math"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/go-logr/logr"
)

// share of the limit of the container is what Go's heap may take before the collector works harder.
// The rest is for the program's file, which the kernel counts too, and for bursts.
const share = 0.625

// FollowContainer has the collector go by the memory limit of the container, by its control group
// (version 1 or 2). Where GOMEMLIMIT is set, that holds; where there is no limit, none is set.
func FollowContainer(log logr.Logger) {
	limit, err := memlimit.Set(memlimit.WithRatio(share), memlimit.WithProvider(memlimit.FromCgroup))
	if err != nil { // no control groups, no limit: the machine's memory is the limit
		log.V(1).Info("no memory limit of a container to go by", "why", err.Error())
		return
	}
	if limit > 0 && limit < math.MaxInt64 {
		log.V(1).Info("the collector goes by the memory limit of the container", "GOMEMLIMIT", limit)
	}
}
