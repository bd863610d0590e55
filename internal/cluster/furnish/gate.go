package furnish

import (
	"context"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// heldBack is how long Pods are held back in a Namespace, from its creation on. skew is how far our
// clock may be behind the API server's: farther, and a Namespace would be held back for longer.
const (
	heldBack = 30 * time.Second
	skew     = 5 * time.Second
)

// gate is what replicas know of the kits that hold Pods back.
type gate struct{ kits []gating }

type gating struct {
	name      string
	selector  labels.Selector
	furnished map[types.UID]bool
}

// setGate takes the kits that hold Pods back.
func (f *Furnisher) setGate(list []v1alpha1.NamespaceKit) {
	var now *gate
	for i := range list {
		in := &list[i]
		if !in.Spec.Gate || in.Spec.NamespaceSelector == nil {
			continue
		}
		selector, err := metav1.LabelSelectorAsSelector(in.Spec.NamespaceSelector)
		if err != nil || !f.isCompiled(in.Name) { // it will never be furnished
			continue
		}
		g := gating{name: in.Name, selector: selector, furnished: map[types.UID]bool{}}
		for _, uid := range in.Status.FurnishedLately {
			g.furnished[types.UID(uid)] = true
		}
		if now == nil {
			now = &gate{}
		}
		now.kits = append(now.kits, g)
	}
	before := f.gate.Swap(now)
	if (before == nil) != (now == nil) {
		f.gated()
	}
}

func (f *Furnisher) isCompiled(name string) bool {
	f.mu.Lock()
	k := f.kits[name]
	f.mu.Unlock()
	return k != nil && k.compiled() != nil
}

// Gates tells whether a kit holds Pods back.
func (f *Furnisher) Gates() bool { return f.gate.Load() != nil }

// Holds answers the kit that a Namespace must have before Pods are let in, or nothing: there is no
// such kit, the Namespace has it, or it is too old to wait for any. It waits for nothing but a
// Namespace that is younger than the cache; if that cannot be read, nothing is held back.
func (f *Furnisher) Holds(ctx context.Context, namespace string) (kit string) {
	g := f.gate.Load()
	if g == nil || f.options.Excludes(namespace) {
		return ""
	}
	n, err := f.options.Namespaces.Get(ctx, namespace)
	if err != nil {
		return ""
	}
	if age := f.now().Sub(n.CreationTimestamp.Time); age >= heldBack || age < -skew {
		return ""
	}
	i := slices.IndexFunc(g.kits, func(k gating) bool { return k.selector.Matches(labels.Set(n.Labels)) && !k.furnished[n.UID] })
	if i < 0 {
		return ""
	}
	return g.kits[i].name
}
