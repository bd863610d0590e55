package furnish

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/events"
	"taffrail.dev/taffrail/internal/kits"
)

// Manager is the field manager of what kits make.
const Manager = "taffrail-kits"

// workers furnish Namespaces side by side. Five hundred of three objects each are 3,000 requests:
// at this rate a third of a minute, which an API server hardly feels.
const (
	workers           = 8
	requestsPerSecond = 200
	requestsAtOnce    = 200
)

// Options are what a Furnisher needs.
type Options struct {
	Config     *rest.Config
	Namespaces *cluster.Namespaces
	// Kits are those of the cluster, as they are now.
	Kits func() []v1alpha1.NamespaceKit
	// Excludes tells whether a Namespace is never furnished.
	Excludes func(namespace string) bool
	Events   *events.Recorder
	Log      logr.Logger
}

// Furnisher furnishes Namespaces while it leads.
type Furnisher struct {
	options  Options
	objects  metadata.Interface
	taffrail rest.Interface
	mapper   meta.RESTMapper
	now      func() time.Time

	gate    atomic.Pointer[gate]
	gated   func() // is told when there is a gate, or none any more
	known   chan struct{}
	knownAt sync.Once

	mu       sync.Mutex
	kits     map[string]*kit
	queue    workqueue.TypedRateLimitingInterface[string] // nil unless it leads
	contests map[object]*contest
	writes   map[string]int64 // by what was done
	// givenBack is how many there were when memory was given back last.
	givenBack int64
	worked    time.Time // when a Namespace was last looked at
	dirty     chan struct{}

	caches caches
}

// New prepares a Furnisher. Nothing is asked of the API server before Run.
func New(o Options) (*Furnisher, error) {
	f := &Furnisher{
		options: o, now: time.Now, gated: func() {}, known: make(chan struct{}),
		kits: map[string]*kit{}, contests: map[object]*contest{}, writes: map[string]int64{}, dirty: make(chan struct{}, 1),
	}
	clients := cluster.NewClients(o.Config).Limited(requestsPerSecond, requestsAtOnce)
	var err error
	if f.objects, err = clients.Metadata(); err != nil {
		return nil, err
	}
	if f.taffrail, err = clients.Taffrail(); err != nil {
		return nil, err
	}
	http, err := rest.HTTPClientFor(o.Config)
	if err == nil {
		f.mapper, err = apiutil.NewDynamicRESTMapper(o.Config, http)
	}
	if err != nil {
		return nil, fmt.Errorf("make a client for the kinds of the API server: %w", err)
	}
	o.Namespaces.WhenChanged(f.enqueue)
	return f, nil
}

// WhenGated has tell called when a first kit holds Pods back, and when none does any more.
func (f *Furnisher) WhenGated(tell func()) { f.gated = tell }

// Take takes all kits of the cluster.
func (f *Furnisher) Take(list []v1alpha1.NamespaceKit) {
	f.mu.Lock()
	now, changed := map[string]*kit{}, len(list) != len(f.kits)
	for i := range list {
		in := &list[i]
		k := f.kits[in.Name]
		if k == nil || k.uid != in.UID {
			k, changed = newKit(in), true
		}
		changed = k.take(in) || changed
		now[in.Name] = k
	}
	f.kits = now
	f.mu.Unlock()
	f.setGate(list)
	f.knownAt.Do(func() { close(f.known) })
	if changed {
		f.enqueueAll()
	}
	f.tell()
}

// current are the kits, by name.
func (f *Furnisher) current() []*kit {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]*kit, 0, len(f.kits))
	for _, name := range slices.Sorted(maps.Keys(f.kits)) {
		all = append(all, f.kits[name])
	}
	return all
}

func (f *Furnisher) enqueue(namespace string) {
	f.mu.Lock()
	queue := f.queue
	f.mu.Unlock()
	if queue != nil {
		queue.Add(namespace)
	}
}

func (f *Furnisher) enqueueAll() {
	for _, n := range f.options.Namespaces.All() {
		f.enqueue(n.Name)
	}
}

func (f *Furnisher) setQueue(queue workqueue.TypedRateLimitingInterface[string]) {
	f.mu.Lock()
	f.queue = queue
	f.mu.Unlock()
}

// Lead furnishes Namespaces until the context ends.
func (f *Furnisher) Lead(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-f.known: // with no kits known, all that there is would be left over
	}
	f.begin()
	defer f.setQueue(nil)
	defer f.caches.stop()
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())
	f.setQueue(queue)
	f.enqueueAll()
	var group sync.WaitGroup
	for range workers {
		group.Go(func() { f.work(ctx, queue) })
	}
	group.Go(func() { f.keepStatus(ctx) })
	<-ctx.Done()
	queue.ShutDown()
	group.Wait()
}

// work furnishes one Namespace after the other. It is what a controller of controller-runtime does;
// that one has every command register all measurements of the Go runtime when it begins.
func (f *Furnisher) work(ctx context.Context, queue workqueue.TypedRateLimitingInterface[string]) {
	for {
		name, end := queue.Get()
		if end {
			return
		}
		if wait, err := f.reconcileSafely(ctx, name); err != nil {
			f.options.Log.Error(err, "furnishing a Namespace", "namespace", name)
			queue.AddRateLimited(name)
		} else {
			queue.Forget(name)
			if wait > 0 {
				queue.AddAfter(name, wait)
			}
		}
		queue.Done(name)
		f.mu.Lock()
		f.worked = f.now()
		f.mu.Unlock()
	}
}

// reconcileSafely makes an error of a panic: one Namespace must not take the webhooks down.
func (f *Furnisher) reconcileSafely(ctx context.Context, name string) (wait time.Duration, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: %v\n%s", p, debug.Stack())
		}
	}()
	return f.reconcile(ctx, name), nil
}

// begin forgets what was known of the kits: what the leader before has told is in their status.
func (f *Furnisher) begin() {
	f.mu.Lock()
	f.kits, f.contests = map[string]*kit{}, map[object]*contest{}
	f.mu.Unlock()
	f.Take(f.options.Kits())
}

// reconcile furnishes one Namespace.
func (f *Furnisher) reconcile(ctx context.Context, name string) time.Duration {
	n := f.options.Namespaces.Known(name)
	gone := n == nil || n.DeletionTimestamp != nil
	wanted := map[object]bool{}
	var wait soonest
	for _, k := range f.current() {
		compiled := k.compiled()
		if gone || compiled == nil || f.options.Excludes(name) || !compiled.Selects(n.Labels) {
			k.drop(name, gone)
			continue
		}
		o := f.furnish(ctx, k, compiled, n, wanted)
		wait.add(o.again)
		if ctx.Err() != nil {
			return 0
		}
		f.note(k, n, o)
	}
	if !gone {
		wait.add(f.clear(ctx, n, wanted))
	}
	f.tell()
	return time.Duration(wait)
}

// soonest is the shortest of some waits; zero is none.
type soonest time.Duration

func (s *soonest) add(wait time.Duration) {
	if wait > 0 && (*s == 0 || wait < time.Duration(*s)) {
		*s = soonest(wait)
	}
}

// namespaceOf is what templates see.
func namespaceOf(name string, labels map[string]string) *kits.Namespace {
	return &kits.Namespace{Name: name, Labels: labels}
}
