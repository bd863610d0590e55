package audit

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
)

// collection are all objects of a kind that decides: Guardrails, or Exemptions. They are few.
type collection[T any] struct {
	// changed is called when they are others than before, but not before all have been listed once.
	changed func()

	mu     sync.Mutex
	listed bool
	dirty  bool
	told   uint64 // how often
	by     map[types.UID]*collected[T]
}

type collected[T any] struct {
	object          T
	namespace, name string
	round           uint32
}

func newCollection[T any](changed func()) *collection[T] {
	return &collection[T]{changed: changed, by: map[types.UID]*collected[T]{}}
}

// sink is how a follower fills it.
func (c *collection[T]) sink() sink { return sink{c.put, c.gone, c.swept} }

func (c *collection[T]) put(_ context.Context, item json.RawMessage, round uint32) {
	meta, err := identity(item)
	one := &collected[T]{round: round, namespace: meta.Namespace, name: meta.Name}
	if err != nil || json.Unmarshal(item, &one.object) != nil {
		return // the API server has checked it by the CRD
	}
	c.mu.Lock()
	before := c.by[meta.UID]
	c.by[meta.UID] = one
	c.dirty = c.dirty || before == nil || !equality.Semantic.DeepEqual(before.object, one.object)
	c.mu.Unlock()
	c.tell()
}

func (c *collection[T]) gone(item json.RawMessage) {
	meta, err := identity(item)
	if err != nil {
		return
	}
	c.mu.Lock()
	if c.by[meta.UID] != nil {
		delete(c.by, meta.UID)
		c.dirty = true
	}
	c.mu.Unlock()
	c.tell()
}

func (c *collection[T]) swept(_ string, round uint32) {
	c.mu.Lock()
	for uid, one := range c.by {
		if one.round != round {
			delete(c.by, uid)
			c.dirty = true
		}
	}
	c.dirty = c.dirty || !c.listed
	c.listed = true
	c.mu.Unlock()
	c.tell()
}

// none takes note that there are none: the API server does not know the kind.
func (c *collection[T]) none() {
	c.mu.Lock()
	c.dirty = c.dirty || !c.listed || len(c.by) > 0
	c.listed, c.by = true, map[types.UID]*collected[T]{}
	c.mu.Unlock()
	c.tell()
}

func (c *collection[T]) tell() {
	c.mu.Lock()
	tell := c.listed && c.dirty
	if tell {
		c.dirty = false
		c.told++
	}
	c.mu.Unlock()
	if tell {
		c.changed()
	}
}

// all are the objects, by namespace and name, and how often they have changed: never before they are
// known.
func (c *collection[T]) all() (objects []T, changes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sorted := make([]*collected[T], 0, len(c.by))
	for _, one := range c.by {
		sorted = append(sorted, one)
	}
	slices.SortFunc(sorted, func(a, b *collected[T]) int {
		return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	})
	for _, one := range sorted {
		objects = append(objects, one.object)
	}
	return objects, c.told
}
