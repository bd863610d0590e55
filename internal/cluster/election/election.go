// Package election has one of several replicas do what only one may do at a time: the one that holds a
// Lease.
package election

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// How long a dead leader is waited for, how long a living one tries to remain, and how often all try.
const (
	LeaseDuration = 10 * time.Second
	RenewDeadline = 7 * time.Second
	RetryPeriod   = 2 * time.Second
)

// Options are what is elected for.
type Options struct {
	Leases    coordinationv1.LeasesGetter
	Namespace string
	// Lease is the name of the Lease, which the first candidate ever makes.
	Lease string
	// Lead is what the leader does, until its context ends.
	Lead func(context.Context)
	// Lost is told that this replica leads no longer.
	Lost func()
}

// Candidate leads while it holds the Lease.
type Candidate struct{ elector *leaderelection.LeaderElector }

// New prepares a Candidate. Nothing is asked of the API server before Run.
func New(o Options) (*Candidate, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("name this replica in the Lease %s: %w", o.Lease, err)
	}
	var leading sync.Mutex
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: o.Namespace, Name: o.Lease},
			Client:     o.Leases,
			LockConfig: resourcelock.ResourceLockConfig{Identity: host + "_" + rand.String(8)},
		},
		LeaseDuration:   LeaseDuration,
		RenewDeadline:   RenewDeadline,
		RetryPeriod:     RetryPeriod,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) {
				leading.Lock() // the former lead may not have ended yet
				defer leading.Unlock()
				o.Lead(ctx)
			},
			OnStoppedLeading: o.Lost,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("take part in the election for the Lease %s: %w", o.Lease, err)
	}
	return &Candidate{elector}, nil
}

// Run takes part in elections until the context ends, and leads while elected.
func (c *Candidate) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		c.elector.Run(ctx) // returns when the lead is lost
	}
	return nil
}
