package cluster

import (
	"context"
	"slices"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// Kits are the NamespaceKits of the cluster, as a watch brings them.
type Kits struct {
	kits    watched
	changed chan struct{}
}

// NewKits prepares the watch. Nothing is asked of the API server before Start.
func NewKits(config *rest.Config) (*Kits, error) {
	client, err := NewClients(config).Taffrail()
	if err != nil {
		return nil, err
	}
	k := &Kits{changed: make(chan struct{}, 1)}
	k.kits.store, k.kits.informer = typedSource(client, "namespacekits", &v1alpha1.NamespaceKit{}, &v1alpha1.NamespaceKitList{}).Informer(
		cache.ResourceEventHandlerFuncs{
			AddFunc: func(any) { k.note() },
			// Of a status it is news who may be let in.
			UpdateFunc: func(before, now any) {
				was, is := before.(*v1alpha1.NamespaceKit), now.(*v1alpha1.NamespaceKit)
				if was.Generation != is.Generation || !slices.Equal(was.Status.FurnishedLately, is.Status.FurnishedLately) {
					k.note()
				}
			},
			DeleteFunc: func(any) { k.note() },
		}, nil)
	return k, nil
}

func (k *Kits) note() {
	select {
	case k.changed <- struct{}{}:
	default:
	}
}

// Start fills the cache and keeps it until the context ends, and calls taken with all kits: first
// when the cache is full, then whenever one has changed.
func (k *Kits) Start(ctx context.Context, taken func([]v1alpha1.NamespaceKit)) error {
	go k.kits.informer.RunWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), k.kits.informer.HasSynced) {
		return nil // the context has ended
	}
	k.note()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-k.changed:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(settle):
		}
		taken(k.All())
	}
}

// All are the kits as the cache has them now. They are shared with it, and not to be changed.
func (k *Kits) All() (all []v1alpha1.NamespaceKit) {
	for _, object := range k.kits.store.List() {
		all = append(all, *object.(*v1alpha1.NamespaceKit))
	}
	return all
}
