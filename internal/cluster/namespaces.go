package cluster

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// fetchTimeout bounds the one request that a Namespace younger than the cache costs. The API server
// waits two seconds for the whole answer.
const fetchTimeout = 500 * time.Millisecond

// Namespaces knows the metadata of the cluster's Namespaces: a cache that a watch keeps, and the
// API server itself for one that the watch has not brought yet.
type Namespaces struct {
	client   metadata.Getter
	store    cache.Store
	informer cache.Controller
	fetches  singleflight.Group
	deleted  map[string]func()
	changed  func(string)
	timeout  time.Duration // of a fetch
}

// NewNamespaces prepares the cache. Nothing is asked of the API server before Start or Get.
func NewNamespaces(config *rest.Config) (*Namespaces, error) {
	client, err := NewClients(config).Metadata()
	if err != nil {
		return nil, err
	}
	resource := schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	n := &Namespaces{client: client.Resource(resource), deleted: map[string]func(){}, timeout: fetchTimeout}
	n.store, n.informer = MetadataSource(client, resource).Informer(cache.ResourceEventHandlerFuncs{
		AddFunc:    n.tell,
		UpdateFunc: func(_, now any) { n.tell(now) },
		DeleteFunc: n.tellChanged,
	}, func(object metav1.Object) {
		if namespace, ok := object.(*metav1.PartialObjectMetadata); ok {
			trim(namespace)
		}
	})
	return n, nil
}

// WhenDeleted has tell called, which must not block, as soon as a Namespace is being deleted, and
// with each change of it from then on. It is to be said before Start.
func (n *Namespaces) WhenDeleted(name string, tell func()) { n.deleted[name] = tell }

// WhenChanged has tell called, which must not block, with the name of each Namespace that has come,
// changed or gone. It is to be said before Start.
func (n *Namespaces) WhenChanged(tell func(name string)) { n.changed = tell }

func (n *Namespaces) tell(object any) {
	n.tellDeleted(object)
	n.tellChanged(object)
}

func (n *Namespaces) tellChanged(object any) {
	if n.changed == nil {
		return
	}
	if name, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
		n.changed(name)
	}
}

func (n *Namespaces) tellDeleted(object any) {
	namespace, ok := object.(*metav1.PartialObjectMetadata)
	if !ok || namespace.DeletionTimestamp == nil {
		return
	}
	if tell := n.deleted[namespace.Name]; tell != nil {
		tell()
	}
}

// Start fills the cache and keeps it until the context ends. It tries again, with growing pauses,
// for as long as the API server does not answer.
func (n *Namespaces) Start(ctx context.Context) error {
	// The informer looks at its context only between two tries, which in an outage are a minute
	// apart: whoever ends the program would wait for as long, and be killed.
	go n.informer.RunWithContext(ctx)
	<-ctx.Done()
	return nil
}

// Synced says whether the cache has been filled once.
func (n *Namespaces) Synced() bool { return n.informer.HasSynced() }

// All gives the metadata of all Namespaces in the cache; it is shared, and not to be changed.
func (n *Namespaces) All() (all []*metav1.PartialObjectMetadata) {
	for _, cached := range n.store.List() {
		all = append(all, cached.(*metav1.PartialObjectMetadata))
	}
	return all
}

// Known gives the metadata of a Namespace as the cache has it, or nil; it is shared, and not to be
// changed.
func (n *Namespaces) Known(name string) *metav1.PartialObjectMetadata {
	cached, found, _ := n.store.GetByKey(name) // its error is always nil
	if !found {
		return nil
	}
	return cached.(*metav1.PartialObjectMetadata)
}

// Get gives the metadata of a Namespace; it is shared, and not to be changed. One that the cache
// does not hold costs one request to the API server, of bounded time, that all who ask for it
// meanwhile share: a Namespace younger than the cache must not be a hole.
func (n *Namespaces) Get(ctx context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	if cached, found, _ := n.store.GetByKey(name); found { // its error is always nil
		return cached.(*metav1.PartialObjectMetadata), nil
	}
	// The client puts the name into the URL as it is: "kube-system/secrets/x" in a review that
	// somebody made up must not have us read that path with our own rights.
	if problems := validation.ValidateNamespaceName(name, false); len(problems) > 0 {
		return nil, fmt.Errorf("get Namespace %q: not a name: %s", name, problems[0])
	}
	// One caller's end must not end the request for those who share it.
	shared := context.WithoutCancel(ctx)
	fetched := n.fetches.DoChan(name, func() (any, error) { return n.fetch(shared, name) })
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("get Namespace %q from the API server: %w", name, context.Cause(ctx))
	case result := <-fetched:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*metav1.PartialObjectMetadata), nil
	}
}

func (n *Namespaces) fetch(ctx context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	namespace, err := n.client.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("get Namespace %q from the API server within %s: %w", name, n.timeout, err)
	}
	trim(namespace)
	return namespace, nil
}

// trim drops what no selector and no rule asks for, which is most of a Namespace's weight in
// memory, and names its kind, which the wire calls PartialObjectMetadata.
func trim(namespace *metav1.PartialObjectMetadata) {
	namespace.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}
	namespace.ManagedFields = nil
	namespace.OwnerReferences = nil
}
