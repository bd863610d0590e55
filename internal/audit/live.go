package audit

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/workload"
)

// LiveOptions are what to evaluate by, and how to follow.
type LiveOptions struct {
	// Options are those of Run. Where they are Stored, the Guardrails of the cluster are followed, and
	// those of Options are not looked at. The Exemptions of the cluster are followed in any case, beside
	// those of Options.
	Options
	// Fallback is what to evaluate by as long as the cluster has no Guardrail at all. Left out, nothing
	// is evaluated so long.
	Fallback guardrail.Objects
}

// LiveMetrics are the figures of a Live.
type LiveMetrics struct {
	// Objects are how many are held.
	Objects int
	// Evaluations are how many have been made since the start.
	Evaluations uint64
	// Oldest is as of when all verdicts are known to hold, as Report.Time. It is zero before there are any.
	Oldest time.Time
	// Unlisted are how many kinds may not or could not be listed: what is said of them is nothing, or old.
	Unlisted int
	// LastFull is how long it took to evaluate all objects the last time.
	LastFull time.Duration
}

// Live is a cluster whose objects are evaluated as they change.
type Live struct {
	cluster Cluster
	options LiveOptions
	pace    pace
	now     func() time.Time

	namespaces *namespaces
	guardrails *collection[v1alpha1.Guardrail]
	exemptions *collection[v1alpha1.Exemption]
	compiler   *guardrail.Compiler
	by         atomic.Pointer[basis]
	held       *held

	evaluations atomic.Uint64
	changes     atomic.Uint64 // of what a Report says
	changed     chan struct{}
	wake        chan struct{} // something that decides is another
	lists       chan struct{}
	// ofNamespaces is set where something is found in Namespaces themselves, or by them.
	ofNamespaces atomic.Pointer[listed]
	// redecide says that what is found over all objects together may come to something else.
	redecide atomic.Bool

	deciding deciding

	mu        sync.Mutex
	followers map[schema.GroupResource]*following
	unknown   []string // notes on what the API server could not say of its own kinds
	noted     []string // what the last report was told could not be done
	// discovered says that the API server has told of its kinds once.
	discovered bool
	over       []string // notes on what all objects together were evaluated by
	overDone   bool
	ready      bool
	began      time.Time // of a full evaluation that has not ended
	lastFull   time.Duration

	reporting sync.Mutex
	cached    *Report
	cachedAt  uint64
	told      *Report // with the time of its verdicts
	toldAt    uint64
	first     map[same]time.Time
}

// pace is how fast a Live does what nobody waits for.
type pace struct {
	// look is how often the clock is looked at, discover how often the API server is asked for its kinds.
	look, discover time.Duration
	// settle is how long a change of what decides waits for others.
	settle time.Duration
	// poll is how often what cannot be watched is listed again.
	poll time.Duration
	// together is how often all objects are evaluated together, at most.
	together time.Duration
	retry    wait.Backoff
}

var usualPace = pace{look: 10 * time.Second, discover: time.Minute, settle: 500 * time.Millisecond, poll: 5 * time.Minute, together: 10 * time.Second, retry: firstRetry}

// deciding are the followers of what decides how objects are evaluated.
type deciding struct{ namespaces, guardrails, exemptions *follower }

// following is the follower of a kind of objects.
type following struct {
	*follower
	kind *listed
}

// followedAtOnce bounds the lists under way: nobody waits for a Live, and its memory is there for long.
const followedAtOnce = 2

// NewLive makes one. Nothing is asked of the cluster before Run.
func NewLive(cluster Cluster, o LiveOptions) *Live {
	l := &Live{
		cluster: cluster, options: o, pace: usualPace, now: o.now(), namespaces: newNamespaces(), held: newHeld(),
		changed: make(chan struct{}, 1), wake: make(chan struct{}, 1), lists: make(chan struct{}, followedAtOnce),
		followers: map[schema.GroupResource]*following{},
	}
	l.guardrails = newCollection[v1alpha1.Guardrail](l.decide)
	l.exemptions = newCollection[v1alpha1.Exemption](l.decide)
	l.deciding = l.newDeciding()
	l.compiler = guardrail.NewCompiler(o.engine(l.around()))
	return l
}

func (l *Live) around() workload.Cluster { return workload.Cluster{Namespace: l.namespaces.find} }

// Run lists, then follows, until the context ends. An outage does not end it: what is known stays
// known, and the report says since when. Its error is a mistake in the guardrails of Options.
func (l *Live) Run(ctx context.Context) error {
	if err := l.options.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	l.followDeciding(ctx, &all)
	look := time.NewTicker(l.pace.look)
	defer look.Stop()
	for t := (turn{}); ctx.Err() == nil; {
		l.turn(ctx, &all, &t)
		select {
		case <-ctx.Done():
		case <-look.C:
		case <-l.wake:
			pause(ctx, l.pace.settle)
		}
	}
	return nil
}

// decide has the loop of Run look at what decides.
func (l *Live) decide() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// tell says that Report is another.
func (l *Live) tell() {
	l.changes.Add(1)
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// Changed has a tick whenever Report would say something else than before.
func (l *Live) Changed() <-chan struct{} { return l.changed }

// Ready tells whether everything that may be listed has been evaluated once.
func (l *Live) Ready() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ready
}

// Metrics are the figures of now.
func (l *Live) Metrics() LiveMetrics {
	m := LiveMetrics{Objects: l.held.size(), Evaluations: l.evaluations.Load(), Oldest: l.oldest()}
	for _, f := range l.all() {
		if s := f.is(); s.problem != nil && (!s.listed || apierrors.IsForbidden(s.problem)) {
			m.Unlisted++
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	m.LastFull = l.lastFull
	return m
}
