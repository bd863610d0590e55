package main

import (
	"context"
	"slices"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/events"
	"taffrail.dev/taffrail/internal/cluster/furnish"
	"taffrail.dev/taffrail/internal/cluster/leader"
)

// furnishing is what becomes of NamespaceKits; nil without --kits.
type furnishing struct {
	kits *cluster.Kits
	*furnish.Furnisher
}

func (o *serveOptions) furnishing(
	config *rest.Config, namespaces *cluster.Namespaces, recorder *events.Recorder, log logr.Logger,
) (*furnishing, error) {
	if !o.kits {
		return nil, nil
	}
	kits, err := cluster.NewKits(config)
	if err != nil {
		return nil, err
	}
	excluded := o.excludedNamespaces()
	f, err := furnish.New(furnish.Options{
		Config: config, Namespaces: namespaces, Kits: kits.All, Events: recorder, Log: log,
		Excludes: func(namespace string) bool { return slices.Contains(excluded, namespace) },
	})
	if err != nil {
		return nil, err
	}
	ctrlmetrics.Registry.MustRegister(f)
	return &furnishing{kits, f}, nil
}

// run follows the kits, in every replica.
func (f *furnishing) run(ctx context.Context) error { return f.kits.Start(ctx, f.Take) }

// lead makes a leader that furnishes besides all else.
func (f *furnishing) lead(o leader.Options) (*leader.Leader, error) {
	if f == nil {
		return leader.New(o)
	}
	o.Webhooks.Kits, o.Webhooks.HoldBack = true, f.Gates
	other := o.Duty
	o.Duty = func(ctx context.Context, l *leader.Leader) {
		var duties sync.WaitGroup
		defer duties.Wait()
		duties.Go(func() { f.Lead(ctx) })
		if other != nil {
			other(ctx, l)
		}
	}
	l, err := leader.New(o)
	if err != nil {
		return nil, err
	}
	f.WhenGated(l.Refresh)
	return l, nil
}

// follow adds to what stands behind a server.
func (f *furnishing) follow(s *surroundings) {
	if f == nil {
		return
	}
	s.holds = f.Holds
	s.behind = append(s.behind, runnable{"reading NamespaceKits", f.run})
}
