package furnish

import (
	"errors"
	"maps"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/kits"
)

// kit is a NamespaceKit, and what became of it in each Namespace.
type kit struct {
	name string
	uid  types.UID

	mu       sync.Mutex
	object   *v1alpha1.NamespaceKit
	kit      *kits.Kit // nil where there are mistakes
	mistakes error
	outcomes map[string]outcome   // by Namespace
	leaving  map[string]leaving   // by Namespace
	lately   map[string]time.Time // UIDs of Namespaces, and when they were furnished
	created  map[string]bool      // UIDs of Namespaces that are furnished once, cut
	kinds    map[schema.GroupVersionKind]bool
	fields   map[int]map[string]bool // what is ours in each of its objects, where all of it is
}

// leaving is a Namespace that is not selected any more.
type leaving struct {
	removeAt metav1.Time
	told     bool // in the status
}

func newKit(in *v1alpha1.NamespaceKit) *kit {
	k := &kit{
		name: in.Name, uid: in.UID,
		outcomes: map[string]outcome{}, leaving: map[string]leaving{}, lately: map[string]time.Time{},
		created: map[string]bool{}, kinds: map[schema.GroupVersionKind]bool{}, fields: map[int]map[string]bool{},
	}
	// What a leader before has told.
	for _, l := range in.Status.Leaving {
		k.leaving[l.Namespace] = leaving{l.RemoveAt, true}
	}
	for _, uid := range in.Status.CreatedIn {
		k.created[uid] = true
	}
	for _, kind := range in.Status.Kinds {
		k.kinds[schema.GroupVersionKind(kind)] = true
	}
	return k
}

// take takes the kit as it is now, and tells whether it is another than before.
func (k *kit) take(in *v1alpha1.NamespaceKit) (changed bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	changed = k.object == nil || k.object.Generation != in.Generation
	k.object = in
	if !changed {
		return false
	}
	compiled, mistakes := kits.Compile(in)
	k.kit, k.mistakes = compiled, mistakes.ToAggregate()
	if compiled == nil && k.mistakes == nil {
		k.mistakes = errors.New("it cannot be compiled")
	}
	k.fields = map[int]map[string]bool{}
	if compiled != nil {
		for i := range compiled.Objects {
			k.kinds[compiled.Objects[i].Kind] = true
		}
	}
	return true
}

func (k *kit) compiled() *kits.Kit {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.kit
}

// everyKind are the kinds of all that the kit has ever made.
func (k *kit) everyKind() map[schema.GroupVersionKind]bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.kinds)
}

// drop forgets a Namespace that is not selected, or is gone.
func (k *kit) drop(namespace string, gone bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.outcomes, namespace)
	if gone {
		delete(k.leaving, namespace)
	}
}

// maxFields bounds the forms of one object that are remembered: keys may hold the name of a Namespace.
const maxFields = 64

// learn remembers what is ours in an object that was just applied.
func (k *kit) learn(i int, fields string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fields[i] == nil || len(k.fields[i]) >= maxFields {
		k.fields[i] = map[string]bool{}
	}
	k.fields[i][fields] = true
}

// isWhole tells whether all that the kit says of an object is still ours.
func (k *kit) isWhole(i int, fields string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.fields[i][fields]
}

// uidBytes are enough to tell Namespaces apart, of which a kit may remember thousands.
const uidBytes = 13

func short(uid types.UID) string { return string(uid[:min(len(uid), uidBytes)]) }

func (k *kit) wasCreatedIn(uid types.UID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.created[short(uid)]
}
