package furnish

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// grace is how long what a kit has made stays in a Namespace that it no longer selects, once people
// were told: a label that was lost by mistake is back by then.
const grace = 5 * time.Minute

// clear sees to what is in a Namespace and no kit wants there any more.
func (f *Furnisher) clear(ctx context.Context, n *metav1.PartialObjectMetadata, wanted map[object]bool) time.Duration {
	for _, k := range f.current() {
		for kind := range k.everyKind() {
			_, _ = f.cacheOf(ctx, kind) // what cannot be listed is told where it is wanted
		}
	}
	var wait soonest
	left := map[string]bool{}
	for kind, m := range f.caches.kinds() {
		for _, held := range m.in(n.Name) {
			if wanted[object{kind, n.Name, held.Name}] || wanted[object{kind: kind, namespace: n.Name}] || held.DeletionTimestamp != nil {
				continue
			}
			name := held.Labels[v1alpha1.KitLabel]
			again := f.leftOver(ctx, name, n, held, m, left)
			wait.add(again)
		}
	}
	for _, k := range f.current() {
		if !left[k.name] {
			k.stays(n.Name)
		}
	}
	return time.Duration(wait)
}

// leftOver sees to one object.
func (f *Furnisher) leftOver(
	ctx context.Context, name string, n, held *metav1.PartialObjectMetadata, in *made, left map[string]bool,
) time.Duration {
	f.mu.Lock()
	k := f.kits[name]
	f.mu.Unlock()
	switch {
	case k == nil && len(held.OwnerReferences) == 0: // of a kit that is gone, and keeps
		return 0
	case k == nil: // and removes: the garbage collector does the same
		return f.remove(ctx, n, held, in, "NamespaceKit "+name+" is gone")
	}
	compiled := k.compiled()
	if compiled == nil || !compiled.Removes() {
		return 0
	}
	left[name] = true
	l, isNew := k.leave(n.Name, f.now())
	if isNew {
		f.event(n, kitLeaving, fmt.Sprintf(
			"NamespaceKit %s no longer selects this Namespace, or has fewer objects: what it has made here is removed at %s",
			name, l.removeAt.UTC().Format(time.RFC3339)))
	}
	if wait := l.removeAt.Sub(f.now()); wait > 0 {
		return wait
	}
	if !l.told {
		return soon
	}
	return f.remove(ctx, n, held, in, "NamespaceKit "+name+" no longer wants it here")
}

// leave answers when what is left over is removed.
func (k *kit) leave(namespace string, now time.Time) (l leaving, isNew bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	l, known := k.leaving[namespace]
	if !known {
		l = leaving{removeAt: metav1.NewTime(now.Add(grace).Truncate(time.Second))}
		k.leaving[namespace] = l
	}
	return l, !known
}

// stays forgets that a Namespace is left.
func (k *kit) stays(namespace string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.leaving, namespace)
}

// remove deletes an object that a kit has made, and no other of its name.
func (f *Furnisher) remove(ctx context.Context, n, held *metav1.PartialObjectMetadata, in *made, why string) time.Duration {
	err := f.objects.Resource(in.resource).Namespace(n.Name).Delete(ctx, held.Name, metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &held.UID},
	})
	switch {
	case apierrors.IsNotFound(err), apierrors.IsConflict(err):
		return 0
	case err != nil:
		f.options.Log.Error(err, "removing what a kit has made", "namespace", n.Name, "resource", in.resource.Resource, "name", held.Name)
		return later
	}
	f.count("remove")
	f.options.Log.Info("removed what a kit has made", "namespace", n.Name, "resource", in.resource.Resource, "name", held.Name, "why", why)
	f.event(n, kitRemoved, fmt.Sprintf("removed %s %s: %s", in.resource.Resource, held.Name, why))
	return 0
}
