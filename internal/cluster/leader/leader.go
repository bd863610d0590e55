// Package leader is what one replica does for all of them: it tells people in
// the status of Guardrails and Exemptions what became of them, and keeps the
// webhook configurations as the guardrails in force need them.
//
// Every replica keeps at hand what a leader needs, so that a new one goes on at once.
package leader

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/election"
	"taffrail.dev/taffrail/internal/cluster/events"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/registration"
)

// resync is how often a leader looks at everything though nothing has changed:
// what failed is tried again, and what has expired meanwhile is told.
const resync = 30 * time.Second

// Options are what a Leader needs.
type Options struct {
	Config    *rest.Config
	Namespace string // where the Lease is
	Webhooks  Webhooks
	Events    *events.Recorder
	// First are the Guardrails to start an installation with.
	First []v1alpha1.Guardrail
	// Duty is done while leading, besides all else, until its context ends; nil for none.
	Duty func(context.Context, *Leader)
	Log  logr.Logger
}

// Leader is a replica that leads, or would.
type Leader struct {
	options   Options
	taffrail  rest.Interface // Guardrails and Exemptions
	core      rest.Interface // everything else
	leases    coordinationv1.LeaseInterface
	candidate *election.Candidate

	mu        sync.Mutex
	state     state
	overruled map[string]int // by field manager
	news      chan struct{}

	end   sync.Once
	ended chan struct{} // closed when the Namespace that owns the webhook configurations is being deleted

	// What follows is for the one who leads.

	first int                 // how far the first Guardrails are
	said  map[string]struct{} // what was complained of since the last resync
	// contests are those over configurations, in their order.
	contests [2]contest
	now      func() time.Time
}

// state is what there is to tell, and to see to.
type state struct {
	objects   func() guardrail.Objects
	report    guardrail.Report
	resources []guardrail.Watched
	mutated   registration.Mutated
	known     bool
}

// New prepares a Leader. Nothing is asked of the API server before Run.
func New(o Options) (*Leader, error) {
	l := &Leader{options: o, news: make(chan struct{}, 1), ended: make(chan struct{}), said: map[string]struct{}{}, overruled: map[string]int{}, now: time.Now}
	var err error
	clients := cluster.NewClients(o.Config)
	if l.taffrail, err = clients.Taffrail(); err != nil {
		return nil, err
	}
	if l.core, err = clients.Unversioned(); err != nil {
		return nil, err
	}
	leases, err := clients.Leases()
	if err != nil {
		return nil, err
	}
	l.leases = leases.Leases(o.Namespace)
	l.candidate, err = election.New(election.Options{
		Leases: leases, Namespace: o.Namespace, Lease: names.Lease, Lead: l.lead,
		Lost: func() { l.options.Log.Info("no longer the leader") },
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Run takes part in elections until the context ends, and leads while elected.
//
// Leading or not, it tells which Exemptions this replica has used, and takes the
// webhook configurations away when their Namespace is deleted.
func (l *Leader) Run(ctx context.Context) error {
	go l.tellUse(ctx)
	go l.endWithNamespace(ctx)
	return l.candidate.Run(ctx)
}

// Guardrails says what is in force now, and what is not. The objects are asked for each time, as
// what their status says changes with no change of what is in force.
func (l *Leader) Guardrails(objects func() guardrail.Objects, report guardrail.Report, set *guardrail.Set) {
	l.mu.Lock()
	l.state = state{objects: objects, report: report, resources: set.Resources(), mutated: registration.MutatedBy(set), known: true}
	l.mu.Unlock()
	l.Refresh()
}

// Refresh has the webhook configurations looked at again: the authorities that they must trust have
// changed.
func (l *Leader) Refresh() {
	select {
	case l.news <- struct{}{}:
	default:
	}
}

func (l *Leader) current() state {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

func (l *Leader) lead(ctx context.Context) {
	l.options.Log.Info("this replica leads")
	var duty sync.WaitGroup
	defer duty.Wait()
	if l.options.Duty != nil {
		duty.Go(func() { l.options.Duty(ctx, l) })
	}
	l.watchConfigurations(ctx)
	ticker := time.NewTicker(resync)
	defer ticker.Stop()
	for {
		current := l.current()
		if current.known {
			l.makeFirst(ctx, current)
			l.tellStatus(ctx, current)
		}
		l.keepConfigurations(ctx, current)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			clear(l.said)
		case <-l.news:
		}
	}
}

// complain logs a failure, once until the next resync: while somebody takes Taffrail out of a
// cluster, each change that wakes us would fail the same way.
func (l *Leader) complain(err error, what string, about ...any) {
	key := what + fmt.Sprint(about...)
	if err != nil {
		key += err.Error()
	}
	if _, said := l.said[key]; said {
		return
	}
	l.said[key] = struct{}{}
	if err == nil {
		l.options.Log.Info(what, about...)
		return
	}
	l.options.Log.Error(err, what, about...)
}
