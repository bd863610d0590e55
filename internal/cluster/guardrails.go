package cluster

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

// settle is how long changes are waited for after the first: `kubectl apply` of a directory is one
// change, and a thousand compilations otherwise. It is part of the second within which a change
// takes effect.
const settle = 100 * time.Millisecond

// Guardrails are the Guardrails and Exemptions of the cluster, as a watch brings them.
type Guardrails struct {
	guardrails, exemptions watched
	changed                chan struct{}
}

// NewGuardrails prepares the watch. Nothing is asked of the API server before Start.
func NewGuardrails(config *rest.Config) (*Guardrails, error) {
	client, err := NewClients(config).Taffrail()
	if err != nil {
		return nil, err
	}
	g := &Guardrails{changed: make(chan struct{}, 1)}
	g.guardrails = watchResource(client, "guardrails", &v1alpha1.Guardrail{}, &v1alpha1.GuardrailList{}, g.note)
	g.exemptions = watchResource(client, "exemptions", &v1alpha1.Exemption{}, &v1alpha1.ExemptionList{}, g.note)
	return g, nil
}

// watched is the cache of one resource.
type watched struct {
	store    cache.Store
	informer cache.Controller
}

func watchResource(client rest.Interface, resource string, object, list runtime.Object, note func()) watched {
	var w watched
	w.store, w.informer = typedSource(client, resource, object, list).Informer(cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { note() },
		// A new status is not news: it is what we have said ourselves.
		UpdateFunc: func(before, now any) {
			if before.(metav1.Object).GetGeneration() != now.(metav1.Object).GetGeneration() {
				note()
			}
		},
		DeleteFunc: func(any) { note() },
	}, func(object metav1.Object) { object.SetManagedFields(nil) })
	return w
}

func (g *Guardrails) note() {
	select {
	case g.changed <- struct{}{}:
	default: // the change before it has not been looked at yet
	}
}

// Start fills the caches and keeps them until the context ends, and calls taken with all that the
// cluster holds: first when both caches are full, then whenever anything has changed. While the API
// server is away, nothing changes.
func (g *Guardrails) Start(ctx context.Context, taken func(guardrail.Objects)) error {
	go g.guardrails.informer.RunWithContext(ctx)
	go g.exemptions.informer.RunWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), g.guardrails.informer.HasSynced, g.exemptions.informer.HasSynced) {
		return nil // the context has ended
	}
	g.note()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-g.changed:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(settle):
		}
		select { // what came meanwhile is among what is listed now
		case <-g.changed:
		default:
		}
		taken(g.Objects())
	}
}

// Objects are all that the cluster holds, as the caches have it now. They are shared with them, and
// not to be changed.
func (g *Guardrails) Objects() (objects guardrail.Objects) {
	for _, object := range g.guardrails.store.List() {
		objects.Guardrails = append(objects.Guardrails, *object.(*v1alpha1.Guardrail))
	}
	for _, object := range g.exemptions.store.List() {
		objects.Exemptions = append(objects.Exemptions, *object.(*v1alpha1.Exemption))
	}
	return objects
}
