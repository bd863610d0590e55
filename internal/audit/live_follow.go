package audit

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// newDeciding makes the followers of what decides how objects are evaluated.
func (l *Live) newDeciding() deciding {
	client := l.cluster.Objects
	return deciding{
		newFollower(client, ofNamespaces.resource, sink{l.putNamespace, l.goneNamespace, l.sweptNamespaces}),
		newFollower(client, v1alpha1.GroupVersion.WithResource("guardrails"), l.guardrails.sink()),
		newFollower(client, v1alpha1.GroupVersion.WithResource("exemptions"), l.exemptions.sink()),
	}
}

// followDeciding follows it.
func (l *Live) followDeciding(ctx context.Context, all *sync.WaitGroup) {
	l.mu.Lock()
	l.began = l.now()
	l.mu.Unlock()
	run := func(f *follower, none func()) {
		l.paced(f)
		all.Go(func() {
			for ctx.Err() == nil {
				if errors.Is(f.run(ctx), errNotServed) {
					none()
				}
				pause(ctx, l.pace.discover)
			}
		})
	}
	run(l.deciding.namespaces, func() {})
	run(l.deciding.exemptions, l.exemptions.none)
	if l.options.Stored {
		run(l.deciding.guardrails, l.guardrails.none)
	}
}

// paced makes a follower one of this Live.
func (l *Live) paced(f *follower) *follower {
	f.now, f.changed, f.retry, f.poll = l.now, l.progress, l.pace.retry, l.pace.poll
	return f
}

// start follows the objects of a kind.
func (l *Live) start(ctx context.Context, all *sync.WaitGroup, kind *listed) {
	f := &following{l.paced(newFollower(l.cluster.Objects, kind.resource, l.sink(kind))), kind}
	f.lists, f.namesOnly = l.lists, kind.namesOnly()
	ctx, f.cancel = context.WithCancel(ctx)
	l.mu.Lock()
	l.followers[kind.resource.GroupResource()] = f
	l.mu.Unlock()
	all.Go(func() {
		defer close(f.done)
		if errors.Is(f.run(ctx), errNotServed) {
			l.lost(f)
		}
	})
}

// stop ends a follower. What it has found goes with it, if the kind does.
func (l *Live) stop(f *following, drop bool) {
	f.cancel()
	<-f.done
	l.mu.Lock()
	resource := f.kind.resource.GroupResource()
	if l.followers[resource] == f {
		delete(l.followers, resource)
	}
	l.mu.Unlock()
	if drop && l.held.drop(resource) {
		l.tell()
	}
}

// lost forgets a kind that the API server does not serve any more.
func (l *Live) lost(f *following) {
	l.mu.Lock()
	delete(l.followers, f.kind.resource.GroupResource())
	l.mu.Unlock()
	if l.held.drop(f.kind.resource.GroupResource()) {
		l.tell()
	}
	l.progress()
}

// sink is how a follower has the objects of a kind evaluated.
func (l *Live) sink(kind *listed) sink {
	return sink{
		put: func(ctx context.Context, item json.RawMessage, round uint32) { l.put(ctx, kind, item, round) },
		gone: func(item json.RawMessage) {
			if meta, err := identity(item); err == nil && l.held.remove(kind, meta.UID) {
				l.tell()
			}
		},
		swept: func(namespace string, round uint32) {
			if l.held.sweep(kind, namespace, round) {
				l.tell()
			}
		},
	}
}

func (l *Live) put(ctx context.Context, kind *listed, item json.RawMessage, round uint32) {
	r, err := l.by.Load().evaluate(ctx, kind, item)
	if err != nil || ctx.Err() != nil { // what nobody can name, nobody can report
		return
	}
	l.evaluations.Add(1)
	r.round = round
	if l.held.put(kind, r) {
		l.tell()
	}
}

// putNamespace takes note of a Namespace, and has evaluated again what is in it where that may matter.
func (l *Live) putNamespace(ctx context.Context, item json.RawMessage, round uint32) {
	name, decides, err := l.namespaces.put(item, round)
	if err != nil {
		return
	}
	if decides {
		l.redecide.Store(true)
		l.mu.Lock()
		for _, f := range l.followers {
			if f.kind.namespaced {
				f.listAgain(name)
			}
		}
		l.mu.Unlock()
	}
	if kind := l.ofNamespaces.Load(); kind != nil {
		l.put(ctx, kind, item, round)
	}
}

func (l *Live) goneNamespace(item json.RawMessage) {
	meta, err := identity(item)
	if err != nil {
		return
	}
	l.namespaces.remove(meta.Name)
	if l.held.remove(&ofNamespaces, meta.UID) {
		l.tell()
	}
}

func (l *Live) sweptNamespaces(_ string, round uint32) {
	l.namespaces.sweep(round)
	if l.held.sweep(&ofNamespaces, "", round) {
		l.tell()
	}
	l.decide()
}
