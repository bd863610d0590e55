package audit

import (
	"reflect"
	"sync"
	"unique"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/internal/sets"
)

// held is what is known of all objects.
type held struct {
	mu    sync.Mutex
	kinds map[schema.GroupResource]*heldKind
	// changes counts what makes another report.
	changes uint64
	// over is what checks over all objects together have found, by the UIDs of the objects. Places are
	// how many objects have a name there, facts counts changes of what these checks are told.
	over   map[types.UID]*over
	places int64
	facts  uint64
}

// heldKind is what is known of those of a kind.
type heldKind struct {
	*listed
	objects map[types.UID]*record
}

func newHeld() *held {
	return &held{kinds: map[schema.GroupResource]*heldKind{}, over: map[types.UID]*over{}}
}

// place is how an object is named for checks over all objects together, which is the same each time.
func (h *held) place(kind *listed, uid types.UID) sets.At {
	h.mu.Lock()
	defer h.mu.Unlock()
	if of := h.kinds[kind.resource.GroupResource()]; of != nil {
		if r := of.objects[uid]; r != nil && r.at != (sets.At{}) {
			return r.at
		}
	}
	h.places++
	return sets.At{File: int32(h.places >> 31), Object: int32(h.places & (1<<31 - 1))} //nolint:gosec // each has its half
}

// put keeps a record in place of that which was there before, and tells whether it says anything else.
func (h *held) put(kind *listed, r *record) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	of := h.kinds[kind.resource.GroupResource()]
	if of == nil {
		of = &heldKind{kind, map[types.UID]*record{}}
		h.kinds[kind.resource.GroupResource()] = of
	}
	of.listed = kind // it may be another version now
	before, known := of.objects[r.uid]
	if known {
		keepSince(r.findings, before.findings)
		changed = !r.same(before)
	}
	switch {
	case !known:
		h.factsChanged(r)
	case reflect.DeepEqual(r.facts, before.facts):
		r.facts = before.facts
	default:
		h.facts++
	}
	of.objects[r.uid] = r
	return h.changed(changed || !known)
}

// remove forgets an object.
func (h *held) remove(kind *listed, uid types.UID) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	of := h.kinds[kind.resource.GroupResource()]
	if of == nil || of.objects[uid] == nil {
		return false
	}
	h.forget(of, of.objects[uid])
	return h.changed(true)
}

// sweep forgets the objects of a kind, in a namespace or in all, that a list did not have.
func (h *held) sweep(kind *listed, namespace string, round uint32) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	of := h.kinds[kind.resource.GroupResource()]
	if of == nil {
		return false
	}
	for _, r := range of.objects {
		if r.round != round && (namespace == "" || r.namespace == namespace) {
			h.forget(of, r)
			changed = true
		}
	}
	return h.changed(changed)
}

// drop forgets a kind.
func (h *held) drop(resource schema.GroupResource) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	of, known := h.kinds[resource]
	if known {
		for _, r := range of.objects {
			h.forget(of, r)
		}
	}
	delete(h.kinds, resource)
	return h.changed(known)
}

func (h *held) forget(of *heldKind, r *record) {
	delete(of.objects, r.uid)
	delete(h.over, r.uid)
	h.factsChanged(r)
}

func (h *held) factsChanged(r *record) {
	if len(r.facts) > 0 {
		h.facts++
	}
}

func (h *held) changed(changed bool) bool {
	if changed {
		h.changes++
	}
	return changed
}

// told counts changes of what checks over all objects together are told.
func (h *held) told() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.facts
}

// size is how many objects are held.
func (h *held) size() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, kind := range h.kinds {
		n += len(kind.objects)
	}
	return n
}

// find is the object of a UID, and who controls it, where it is held.
func (h *held) find(uid types.UID) (object Object, owner unique.Handle[Object], known bool) {
	for _, kind := range h.kinds {
		if r := kind.objects[uid]; r != nil {
			return kind.object(r), r.owner, true
		}
	}
	return object, owner, false
}
