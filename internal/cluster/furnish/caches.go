package furnish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cluster"
)

// syncTimeout is how long all objects of one kind that kits have made may take to be listed.
const syncTimeout = 15 * time.Second

// caches hold the metadata of all that kits have made, a cache a kind.
type caches struct {
	mu  sync.Mutex
	all map[schema.GroupVersionKind]*made
	end []context.CancelFunc
}

// made is what kits have made of one kind.
type made struct {
	resource schema.GroupVersionResource
	store    cache.Indexer
}

func (c *caches) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, end := range c.end {
		end()
	}
	c.all, c.end = nil, nil
}

func (c *caches) kinds() map[schema.GroupVersionKind]*made {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.all)
}

// cacheOf is that of a kind, which is filled when it is first asked for. The error says in words of
// people why there is none.
func (f *Furnisher) cacheOf(ctx context.Context, kind schema.GroupVersionKind) (*made, error) {
	f.caches.mu.Lock()
	defer f.caches.mu.Unlock()
	if m := f.caches.all[kind]; m != nil {
		return m, nil
	}
	mapping, err := f.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	switch {
	case meta.IsNoMatchError(err):
		return nil, fmt.Errorf("the cluster does not serve %s of %s", kind.Kind, kind.GroupVersion())
	case err != nil:
		return nil, fmt.Errorf("cannot tell whether the cluster serves %s: %w", kind.Kind, err)
	case mapping.Scope.Name() != meta.RESTScopeNameNamespace:
		return nil, fmt.Errorf("%s lies in no Namespace", kind.Kind)
	}
	resource := mapping.Resource
	// An informer would try for ever, and tell nobody why.
	_, err = f.objects.Resource(resource).List(ctx, metav1.ListOptions{LabelSelector: v1alpha1.KitLabel, Limit: 1})
	if err != nil {
		return nil, lacking(err, "list", resource)
	}
	// It lives as long as the lead, and not as long as who asks first.
	lasting, end := context.WithCancel(context.WithoutCancel(ctx))
	m := &made{resource: resource}
	var informer cache.Controller
	m.store, informer = cluster.MetadataSource(f.objects, resource).Labelled(v1alpha1.KitLabel).ByNamespace(f.handler(kind), reduce)
	go informer.RunWithContext(lasting)
	waiting, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	if !cache.WaitForCacheSync(waiting.Done(), informer.HasSynced) {
		end()
		return nil, fmt.Errorf("the %s of the cluster were not listed within %s", resource.Resource, syncTimeout)
	}
	if f.caches.all == nil {
		f.caches.all = map[schema.GroupVersionKind]*made{}
	}
	f.caches.all[kind] = m
	f.caches.end = append(f.caches.end, end)
	return m, nil
}

// handler wakes the Namespace of what has changed.
func (f *Furnisher) handler(kind schema.GroupVersionKind) cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		UpdateFunc: func(before, now any) {
			was, is := before.(*metav1.PartialObjectMetadata), now.(*metav1.PartialObjectMetadata)
			if !same(was, is) {
				f.enqueue(is.Namespace)
			}
		},
		DeleteFunc: func(gone any) {
			namespace, name, err := cache.SplitMetaNamespaceKey(keyOf(gone))
			if err != nil {
				return
			}
			f.deleted(object{kind, namespace, name})
			f.enqueue(namespace)
		},
	}
}

func keyOf(object any) string {
	key, _ := cache.DeletionHandlingMetaNamespaceKeyFunc(object) // what is in a cache has one
	return key
}

// What is kept of an object stands where its annotations were.
const (
	keptFields   = "fields"   // what is ours in it
	keptAppliers = "appliers" // who else applies it
)

// reduce keeps of an object whose it is, as what it was made, and who else applies it. It is most
// of the memory that kits take.
func reduce(object metav1.Object) {
	kept := map[string]string{v1alpha1.KitHash: object.GetAnnotations()[v1alpha1.KitHash]}
	var appliers []string
	for _, entry := range object.GetManagedFields() {
		switch {
		case entry.Operation != metav1.ManagedFieldsOperationApply || entry.Subresource != "":
		case entry.Manager == Manager && entry.FieldsV1 != nil:
			kept[keptFields] = digest(entry.APIVersion, entry.FieldsV1.GetRawBytes())
		case !slices.Contains(appliers, entry.Manager):
			appliers = append(appliers, entry.Manager)
		}
	}
	if len(appliers) > 0 {
		kept[keptAppliers] = strings.Join(appliers, ",")
	}
	object.SetAnnotations(kept)
	object.SetManagedFields(nil)
	if kit, has := object.GetLabels()[v1alpha1.KitLabel]; has {
		object.SetLabels(map[string]string{v1alpha1.KitLabel: kit})
	} else {
		object.SetLabels(nil)
	}
	object.SetOwnerReferences(slices.DeleteFunc(object.GetOwnerReferences(), func(r metav1.OwnerReference) bool {
		return r.Kind != "NamespaceKit"
	}))
}

func digest(version string, fields []byte) string {
	sum := sha256.Sum256(append([]byte(version+"\n"), fields...))
	return hex.EncodeToString(sum[:8])
}

// same tells whether nothing has changed in an object that is ours to see to.
func same(a, b *metav1.PartialObjectMetadata) bool {
	return a.UID == b.UID && a.Labels[v1alpha1.KitLabel] == b.Labels[v1alpha1.KitLabel] &&
		a.Annotations[v1alpha1.KitHash] == b.Annotations[v1alpha1.KitHash] && a.Annotations[keptFields] == b.Annotations[keptFields] &&
		(a.DeletionTimestamp == nil) == (b.DeletionTimestamp == nil) && len(a.OwnerReferences) == len(b.OwnerReferences)
}

// isOurs tells whether we have applied an object, whatever its labels say now.
func isOurs(o *metav1.PartialObjectMetadata) bool { return o.Annotations[keptFields] != "" }

func (m *made) get(namespace, name string) *metav1.PartialObjectMetadata {
	found, has, _ := m.store.GetByKey(namespace + "/" + name)
	if !has {
		return nil
	}
	return found.(*metav1.PartialObjectMetadata)
}

func (m *made) in(namespace string) (all []*metav1.PartialObjectMetadata) {
	found, _ := m.store.ByIndex(cache.NamespaceIndex, namespace) // the index is there
	for _, o := range found {
		all = append(all, o.(*metav1.PartialObjectMetadata))
	}
	return all
}
