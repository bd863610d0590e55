package cluster

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// Source lists and watches one resource.
type Source struct {
	list   cache.ListWithContextFunc
	watch  cache.WatchFuncWithContext
	object runtime.Object
}

// MetadataSource lists and watches the metadata of one resource.
func MetadataSource(client metadata.Interface, resource schema.GroupVersionResource) Source {
	getter := client.Resource(resource)
	return Source{
		list: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return getter.List(ctx, options)
		},
		watch: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return getter.Watch(ctx, options)
		},
		object: &metav1.PartialObjectMetadata{},
	}
}

// typedSource lists and watches whole objects of one resource.
func typedSource(client rest.Interface, resource string, object, list runtime.Object) Source {
	get := func(options *metav1.ListOptions) *rest.Request {
		return client.Get().Resource(resource).VersionedParams(options, metav1.ParameterCodec)
	}
	return Source{
		list: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			into := list.DeepCopyObject()
			return into, get(&options).Do(ctx).Into(into)
		},
		watch: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.Watch = true
			return get(&options).Watch(ctx)
		},
		object: object,
	}
}

// Named is the source of the one object of that name.
func (s Source) Named(name string) Source {
	byName := fields.OneTermEqualSelector(metav1.ObjectNameField, name).String()
	return s.with(func(options *metav1.ListOptions) { options.FieldSelector = byName })
}

// Labelled is the source of the objects that have a label, whatever its value.
func (s Source) Labelled(key string) Source {
	return s.with(func(options *metav1.ListOptions) { options.LabelSelector = key })
}

func (s Source) with(narrow func(*metav1.ListOptions)) Source {
	list, watcher := s.list, s.watch
	s.list = func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		narrow(&options)
		return list(ctx, options)
	}
	s.watch = func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
		narrow(&options)
		return watcher(ctx, options)
	}
	return s
}

// Informer keeps a cache of the source. Before an object is kept, trim, which may be nil, drops
// what nobody asks for. Nothing is asked of the API server before the controller runs.
func (s Source) Informer(handler cache.ResourceEventHandler, trim func(metav1.Object)) (cache.Store, cache.Controller) {
	return s.informer(handler, trim, nil)
}

// ByNamespace keeps a cache that can be asked for what lies in a Namespace.
func (s Source) ByNamespace(handler cache.ResourceEventHandler, trim func(metav1.Object)) (cache.Indexer, cache.Controller) {
	store, informer := s.informer(handler, trim, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	return store.(cache.Indexer), informer
}

func (s Source) informer(handler cache.ResourceEventHandler, trim func(metav1.Object), indexers cache.Indexers) (cache.Store, cache.Controller) {
	options := cache.InformerOptions{
		ListerWatcher: &cache.ListWatch{ListWithContextFunc: s.list, WatchFuncWithContext: s.watch},
		ObjectType:    s.object,
		Handler:       handler,
		Indexers:      indexers,
	}
	if trim != nil {
		options.Transform = func(object any) (any, error) {
			if object, ok := object.(metav1.Object); ok {
				trim(object)
			}
			return object, nil
		}
	}
	return cache.NewInformerWithOptions(options)
}
