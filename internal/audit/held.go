package audit

import (
	"sync"
	"unique"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// held is what is known of all objects.
type held struct {
	mu    sync.Mutex
	kinds map[schema.GroupResource]*heldKind
	// changes counts what makes another report.
	changes uint64
}

// heldKind is what is known of those of a kind.
type heldKind struct {
	*listed
	objects map[types.UID]*record
}

func newHeld() *held { return &held{kinds: map[schema.GroupResource]*heldKind{}} }

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
		r.since(before)
		changed = !r.same(before)
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
	delete(of.objects, uid)
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
	for uid, r := range of.objects {
		if r.round != round && (namespace == "" || r.namespace == namespace) {
			delete(of.objects, uid)
			changed = true
		}
	}
	return h.changed(changed)
}

// drop forgets a kind.
func (h *held) drop(resource schema.GroupResource) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, known := h.kinds[resource]
	delete(h.kinds, resource)
	return h.changed(known)
}

func (h *held) changed(changed bool) bool {
	if changed {
		h.changes++
	}
	return changed
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
