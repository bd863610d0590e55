package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
)

// follower lists a resource and follows it by watch until its context ends. What it hears it passes
// on, one at a time.
type follower struct {
	client   rest.Interface
	resource schema.GroupVersionResource
	to       sink
	// namesOnly asks for no more than the metadata of each object.
	namesOnly bool
	// lists bounds the lists under way of several followers; nil bounds nothing.
	lists chan struct{}
	now   func() time.Time
	// changed is called when the state is another.
	changed func()
	retry   wait.Backoff
	// poll is how long to wait before listing again what may be listed and not watched.
	poll time.Duration

	cancel context.CancelFunc
	done   chan struct{}

	round uint32
	wake  chan struct{}

	mu    sync.Mutex
	again map[string]bool // the namespaces to list again; the empty one is all
	state state
}

// sink is where a follower passes on what it hears.
type sink struct {
	// put has an object of a list, or one that was made or changed, in the round of the last list.
	put func(ctx context.Context, item json.RawMessage, round uint32)
	// gone has one that was deleted, as it was.
	gone func(item json.RawMessage)
	// swept ends a list, in a namespace or in all: what was not put in its round is not there.
	swept func(namespace string, round uint32)
}

// state is how far a follower is.
type state struct {
	// listed says that all has been listed once.
	listed bool
	// since is as of when what was passed on is known to be all there is.
	since time.Time
	// problem is why it cannot list or follow now, and failures how often it has failed in a row.
	problem  error
	failures int
	// unwatched is why it is listed again and again instead of being watched.
	unwatched error
	// due is since when something is to be listed again, or zero.
	due time.Time
	// took is how long the last list of all took.
	took time.Duration
}

func newFollower(client rest.Interface, resource schema.GroupVersionResource, to sink) *follower {
	return &follower{
		client: client, resource: resource, to: to, again: map[string]bool{}, wake: make(chan struct{}, 1),
		done: make(chan struct{}), cancel: func() {}, now: time.Now, changed: func() {}, retry: firstRetry,
	}
}

// firstRetry is how long a follower waits after failures: a second, and twice as long after each, with
// as much again by chance, so that not all come back at once.
var firstRetry = wait.Backoff{Duration: time.Second, Factor: 2, Jitter: 1, Steps: 6, Cap: 30 * time.Second}

// maxNamespaces are how many namespaces are listed again one by one. For more, all are.
const maxNamespaces = 20

// listAgain has what is in a namespace, or in all, listed again: it is to be evaluated otherwise.
func (f *follower) listAgain(namespaces ...string) {
	if len(namespaces) == 0 {
		return
	}
	f.mu.Lock()
	for _, namespace := range namespaces {
		f.again[namespace] = true
	}
	if f.state.due.IsZero() {
		f.state.due = f.now()
	}
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// take is what is to be listed again.
func (f *follower) take() map[string]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	again := f.again
	f.again = map[string]bool{}
	if len(again) > maxNamespaces {
		return map[string]bool{"": true}
	}
	return again
}

// errNotServed is that the API server does not know the resource, or no more.
var errNotServed = errors.New("the API server does not serve it")

// run follows until the context ends, or there is no such resource.
func (f *follower) run(ctx context.Context) error {
	retry := f.retry
	for ctx.Err() == nil {
		began := f.now()
		version, err := f.listAll(ctx)
		if err == nil {
			retry = f.retry
			err = f.follow(ctx, version)
		}
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // its end was wanted
		case apierrors.IsNotFound(err):
			f.absent()
			return errNotServed
		case errors.Is(err, errUnwatched):
			pause(ctx, f.poll)
			continue
		case expired(err) && f.now().Sub(began) > retry.Duration:
			continue
		case !expired(err):
			f.failed(err)
		}
		pause(ctx, retry.Step())
	}
	return nil
}

// pause waits, unless the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// failed takes note of a failure. A single one is no news: watches are cut, API servers restart. That
// something may not be listed does not pass by itself.
func (f *follower) failed(err error) {
	f.mu.Lock()
	f.state.failures++
	news := f.state.problem == nil && (f.state.failures > 1 || apierrors.IsForbidden(err))
	if news {
		f.state.problem = err
	}
	f.mu.Unlock()
	if news {
		f.changed()
	}
}

// absent takes note that there is no such resource, and so nothing of it.
func (f *follower) absent() {
	f.mu.Lock()
	f.state = state{listed: true, since: f.now()}
	f.mu.Unlock()
	f.changed()
}

// heard takes note that what was passed on is all there is.
func (f *follower) heard() {
	f.mu.Lock()
	news := f.state.problem != nil || f.state.unwatched != nil
	f.state.since, f.state.problem, f.state.unwatched, f.state.failures = f.now(), nil, nil, 0
	f.mu.Unlock()
	if news {
		f.changed()
	}
}

// listAll lists all, and returns the version to watch from: that of the first page, since later pages
// may be newer where a list took too long.
func (f *follower) listAll(ctx context.Context) (version string, err error) {
	f.take()
	began := f.now()
	if version, err = f.list(ctx, ""); err != nil {
		return "", err
	}
	f.mu.Lock()
	f.state.listed, f.state.since, f.state.problem, f.state.failures = true, began, nil, 0
	f.state.took = f.now().Sub(began)
	f.settle()
	f.mu.Unlock()
	f.changed()
	return version, nil
}

// settle takes note that nothing is to be listed again, if so.
func (f *follower) settle() {
	if len(f.again) == 0 {
		f.state.due = time.Time{}
	}
}

// list passes on what is in a namespace, or in all.
func (f *follower) list(ctx context.Context, namespace string) (version string, err error) {
	if f.lists != nil {
		select {
		case f.lists <- struct{}{}:
			defer func() { <-f.lists }()
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	f.round++
	for p, err := range pages(ctx, f.client, pathIn(f.resource, namespace), formOfList(f.namesOnly)) {
		if err != nil {
			return "", err
		}
		if version == "" {
			version = p.Metadata.ResourceVersion
		}
		for _, item := range p.Items {
			f.to.put(ctx, item, f.round)
		}
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	f.to.swept(namespace, f.round)
	return version, nil
}

// follow watches from a version on, over as many watches as it takes. Its error is why all must be
// listed again.
func (f *follower) follow(ctx context.Context, version string) error {
	retry := f.retry
	for ctx.Err() == nil {
		began := time.Now()
		err := f.watch(ctx, &version)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // its end was wanted
		case expired(err), apierrors.IsNotFound(err), errors.Is(err, errListAgain):
			return err
		case apierrors.IsForbidden(err), apierrors.IsMethodNotSupported(err):
			f.unwatched(err)
			return errUnwatched
		case err != nil:
			f.failed(err)
		case time.Since(began) > retry.Duration:
			retry = f.retry
			continue
		}
		pause(ctx, retry.Step()) // for one that ends at once, too
	}
	return nil
}

// errUnwatched is that what may be listed may not be watched, or cannot be.
var errUnwatched = errors.New("it is not watched")

// unwatched takes note of why.
func (f *follower) unwatched(err error) {
	f.mu.Lock()
	news := f.state.unwatched == nil
	f.state.unwatched = err
	f.mu.Unlock()
	if news {
		f.changed()
	}
}

// errListAgain is that what was to be listed again could not be.
var errListAgain = errors.New("listing again")

// watch is one watch. It moves the version on.
func (f *follower) watch(ctx context.Context, version *string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	form := whole
	if f.namesOnly {
		form = nameOfEach
	}
	events, ended, err := openWatch(ctx, f.client, path(f.resource), form, *version)
	if err != nil {
		return err
	}
	f.heard()
	overdue := time.NewTimer(2*watchTime + watchSlack)
	defer overdue.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-overdue.C:
			return nil // nobody has closed it
		case <-f.wake:
			if err := f.listDue(ctx); err != nil {
				return fmt.Errorf("%w: %w", errListAgain, err)
			}
		case e, open := <-events:
			if !open {
				return ended()
			}
			f.event(ctx, e, version)
		}
	}
}

// listDue lists what is to be listed again. The watch waits meanwhile: what it has to say is older, or
// comes after it.
func (f *follower) listDue(ctx context.Context) error {
	again := f.take()
	if again[""] {
		_, err := f.listAll(ctx)
		return err
	}
	for namespace := range again {
		if _, err := f.list(ctx, namespace); err != nil {
			return err
		}
	}
	f.mu.Lock()
	f.settle()
	f.mu.Unlock()
	f.changed()
	return nil
}

func (f *follower) event(ctx context.Context, e event, version *string) {
	meta, err := identity(e.Object)
	if err != nil {
		return // whatever it is, it is no object
	}
	switch e.Type {
	case watch.Added, watch.Modified:
		f.to.put(ctx, e.Object, f.round)
	case watch.Deleted:
		f.to.gone(e.Object)
	}
	if meta.ResourceVersion != "" {
		*version = meta.ResourceVersion
	}
	f.heard()
}

// is tells the state.
func (f *follower) is() state {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}
