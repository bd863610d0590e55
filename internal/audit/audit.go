package audit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
)

// Cluster is how an API server is reached.
type Cluster struct {
	Discovery discovery.DiscoveryInterface
	// Objects lists objects, by absolute paths.
	Objects rest.Interface
}

// Options are what to evaluate by.
type Options struct {
	Guardrails guardrail.Objects
	// Stored says that the guardrails are those of the cluster: one that cannot be enforced is set
	// aside, as the webhook sets it aside.
	Stored             bool
	ExcludedNamespaces []string
	// Now is the clock; left out, time.Now.
	Now func() time.Time
	// Progress is told after each page how far the evaluation is, by one caller at a time.
	Progress func(Progress)
}

// Progress is how far an evaluation is: of the kinds, and of the objects of those that have been begun.
type Progress struct{ Kinds, AllKinds, Objects, AllObjects int }

// engine are the options of a Set.
func (o *Options) engine(cluster workload.Cluster) guardrail.Options {
	return guardrail.Options{ExcludedNamespaces: o.ExcludedNamespaces, Cluster: cluster, AllFindings: true, Together: true, Now: o.now()}
}

func (o *Options) now() func() time.Time {
	if o.Now == nil {
		return time.Now
	}
	return o.Now
}

// atOnce bounds the lists under way: each holds a page.
const atOnce = 4

// Run evaluates a cluster. Its error is that nothing could be evaluated; what could not be listed
// besides is in the notes.
func Run(ctx context.Context, cluster Cluster, o Options) (*Report, error) {
	a := &run{cluster: cluster, options: o, namespaces: newNamespaces(), held: newHeld()}
	if err := o.check(); err != nil {
		return nil, err
	}
	began := o.now()()
	if err := a.namespaces.list(ctx, cluster.Objects); err != nil {
		return nil, fmt.Errorf("listing Namespaces, whose labels decide what is evaluated: %w", err)
	}
	engine := o.engine(workload.Cluster{Namespace: a.namespaces.find})
	a.by = compile(&o, o.Guardrails, engine, guardrail.NewCompiler(engine), a.held)
	resources, notes, err := resourcesOf(cluster.Discovery, a.by.set, a.by.set.Needs())
	if err != nil {
		return nil, err
	}
	a.notes = notes
	a.all(ctx, resources)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if a.by.set.Needs() != 0 {
		a.notes = append(a.notes, a.held.together(ctx, cluster.Objects, a.by, a.missing).notes...)
	}
	report, _ := a.held.report(a.by, a.notes, nil)
	report.Time = began.UTC()
	for i := range report.Results {
		report.Results[i].FirstSeen = time.Time{} // one look cannot tell
	}
	return report, nil
}

// run is one evaluation of a cluster.
type run struct {
	cluster    Cluster
	options    Options
	by         *basis
	namespaces *namespaces
	held       *held

	mu       sync.Mutex
	notes    []string
	missing  sets.Needs // as it could not be listed
	progress Progress
}

// advance tells how far the evaluation is. More may be less: objects go while they are listed.
func (a *run) advance(kinds, objects, more int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.progress.Kinds += kinds
	a.progress.Objects += objects
	a.progress.AllObjects += more
	if a.options.Progress != nil {
		a.options.Progress(a.progress)
	}
}

// all lists and evaluates resources, a few at a time.
func (a *run) all(ctx context.Context, resources []listed) {
	a.progress.AllKinds = len(resources)
	var group sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for _, resource := range resources {
		free <- struct{}{}
		group.Go(func() {
			defer func() { <-free }()
			a.one(ctx, &resource)
		})
	}
	group.Wait()
}

func (a *run) one(ctx context.Context, kind *listed) {
	left := 0 // of the objects that the page before has told of
	defer func() { a.advance(1, 0, -left) }()
	for p, err := range pages(ctx, a.cluster.Objects, path(kind.resource), formOfList(kind.namesOnly())) {
		if err != nil {
			a.note("could not list %s: %v; the rest is complete", kind.name(), err)
			a.mu.Lock()
			a.missing |= kind.shown()
			a.mu.Unlock()
			return
		}
		for _, item := range p.Items {
			r, err := a.by.evaluate(ctx, kind, item)
			if err != nil {
				a.note("%v", err)
				continue
			}
			a.held.put(kind, r)
		}
		now := int(ptr.Deref(p.Metadata.RemainingItemCount, 0))
		a.advance(0, len(p.Items), len(p.Items)+now-left)
		left = now
	}
}

func (a *run) note(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.notes = append(a.notes, fmt.Sprintf(format, args...))
}
