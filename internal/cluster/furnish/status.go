package furnish

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/resident"
)

const (
	// tellAfter is how long what there is to tell is gathered: 500 Namespaces are a few writes.
	tellAfter = 250 * time.Millisecond
	// maxDetails, maxReason, maxLately, maxLeaving and maxCreated bound a status.
	maxDetails = 50
	maxReason  = 512
	maxLately  = 200
	maxLeaving = 1000
	maxCreated = 20000
)

// note notes what became of a Namespace, and tells it of what is new.
func (f *Furnisher) note(k *kit, n *metav1.PartialObjectMetadata, o outcome) {
	k.mu.Lock()
	before := k.outcomes[n.Name]
	k.outcomes[n.Name] = o
	if o.state == v1alpha1.KitFurnished && k.kit != nil {
		if k.kit.Gate && f.now().Sub(n.CreationTimestamp.Time) < heldBack {
			k.lately[string(n.UID)] = f.now()
		}
		if k.kit.Once() && len(k.created) < maxCreated {
			k.created[short(n.UID)] = true
		}
	}
	k.mu.Unlock()
	switch {
	case o.state == v1alpha1.KitInConflict && before.state != o.state:
		f.event(n, kitConflict, fmt.Sprintf("NamespaceKit %s: %s", k.name, o.reason))
	case o.state == v1alpha1.KitFurnished && o.wrote && before.state != o.state:
		f.event(n, kitFurnished, fmt.Sprintf("has everything of NamespaceKit %s", k.name))
	}
}

// tell has the statuses looked at.
func (f *Furnisher) tell() {
	select {
	case f.dirty <- struct{}{}:
	default:
	}
}

// keepStatus writes what there is to tell until the context ends.
func (f *Furnisher) keepStatus(ctx context.Context) {
	again := time.NewTicker(later)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			f.forgetContests()
			f.giveBack()
		case <-f.dirty:
		}
		for _, k := range f.current() {
			f.tellOf(ctx, k)
		}
		f.giveBack()
		select {
		case <-ctx.Done():
			return
		case <-time.After(tellAfter):
		}
	}
}

// burst is how many writes are worth giving their memory back, when nothing was done for settled: Go
// would do it in minutes.
const (
	burst   = 100
	settled = 2 * time.Second
)

// giveBack gives back the memory that many Namespaces at once took, once there is nothing left to do.
func (f *Furnisher) giveBack() {
	f.mu.Lock()
	var writes int64
	for _, n := range f.writes {
		writes += n
	}
	due := writes-f.givenBack >= burst
	give := due && f.now().Sub(f.worked) >= settled
	if give {
		f.givenBack = writes
	}
	f.mu.Unlock()
	if !give {
		if due {
			time.AfterFunc(settled, f.tell)
		}
		return
	}
	if err := resident.GiveBackStart(); err != nil {
		f.options.Log.V(1).Info("the memory of furnishing many Namespaces is not given back", "why", err.Error())
	}
}

func (f *Furnisher) tellOf(ctx context.Context, k *kit) {
	status, is := k.status(f.now())
	if equality.Semantic.DeepEqual(status, is) {
		k.toldLeaving(status.Leaving)
		return
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": k.uid}, "status": replacing(status)})
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	after := &v1alpha1.NamespaceKit{}
	err = f.taffrail.Patch(types.MergePatchType).Resource("namespacekits").Name(k.name).SubResource("status").Body(patch).Do(ctx).Into(after)
	switch {
	case err == nil:
		k.wrote(after)
		k.toldLeaving(status.Leaving)
	case apierrors.IsNotFound(err), apierrors.IsConflict(err), ctx.Err() != nil:
	default:
		f.options.Log.Error(err, "writing the status of a NamespaceKit", "name", k.name)
	}
}

// replacing is a status as a merge patch that takes out what is empty.
func replacing(status v1alpha1.NamespaceKitStatus) map[string]any {
	return map[string]any{
		"observedGeneration": status.ObservedGeneration, "namespaces": status.Namespaces, "furnished": status.Furnished,
		"waiting": status.Waiting, "inConflict": status.InConflict, "details": status.Details, "leaving": status.Leaving,
		"furnishedLately": status.FurnishedLately, "createdIn": status.CreatedIn, "kinds": status.Kinds, "conditions": status.Conditions,
	}
}

// wrote remembers the status that was written, before the watch brings it.
func (k *kit) wrote(after *v1alpha1.NamespaceKit) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.object.UID == after.UID {
		object := *k.object
		object.Status = after.Status
		k.object = &object
	}
}

func (k *kit) toldLeaving(told []v1alpha1.KitLeaving) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, l := range told {
		if known, is := k.leaving[l.Namespace]; is {
			known.told = true
			k.leaving[l.Namespace] = known
		}
	}
}

// status is what there is to tell of a kit, and what its status is.
func (k *kit) status(now time.Time) (status, is v1alpha1.NamespaceKitStatus) {
	k.mu.Lock()
	defer k.mu.Unlock()
	is = k.object.Status
	status = v1alpha1.NamespaceKitStatus{
		ObservedGeneration: k.object.Generation,
		Namespaces:         int32(len(k.outcomes)), //nolint:gosec // as many as a cluster has
		Conditions:         (*is.DeepCopy()).Conditions,
	}
	for _, namespace := range slices.Sorted(maps.Keys(k.outcomes)) {
		o := k.outcomes[namespace]
		switch o.state {
		case v1alpha1.KitFurnished:
			status.Furnished++
			continue
		case v1alpha1.KitInConflict:
			status.InConflict++
		default:
			status.Waiting++
		}
		if len(status.Details) < maxDetails {
			status.Details = append(status.Details, v1alpha1.KitDetail{Namespace: namespace, State: o.state, Reason: cut(o.reason, maxReason)})
		}
	}
	for _, namespace := range slices.Sorted(maps.Keys(k.leaving)) {
		if len(status.Leaving) < maxLeaving {
			status.Leaving = append(status.Leaving, v1alpha1.KitLeaving{Namespace: namespace, RemoveAt: k.leaving[namespace].removeAt})
		}
	}
	status.FurnishedLately = k.latelyAt(now)
	status.CreatedIn = slices.Sorted(maps.Keys(k.created))
	for _, kind := range slices.SortedFunc(maps.Keys(k.kinds), func(a, b schema.GroupVersionKind) int { return cmp.Compare(a.String(), b.String()) }) {
		status.Kinds = append(status.Kinds, metav1.GroupVersionKind(kind))
	}
	meta.SetStatusCondition(&status.Conditions, k.ready(&status))
	return status, is
}

// latelyAt are the Namespaces in which Pods would be held back otherwise; others are forgotten.
func (k *kit) latelyAt(now time.Time) []string {
	for uid, at := range k.lately {
		if now.Sub(at) > heldBack+skew {
			delete(k.lately, uid)
		}
	}
	newest := slices.SortedFunc(maps.Keys(k.lately), func(a, b string) int {
		return cmp.Or(k.lately[b].Compare(k.lately[a]), cmp.Compare(a, b))
	})
	newest = newest[:min(len(newest), maxLately)]
	slices.Sort(newest)
	return newest
}

func (k *kit) ready(status *v1alpha1.NamespaceKitStatus) metav1.Condition {
	ready := metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: k.object.Generation,
		Reason: v1alpha1.ReasonFurnished, Message: fmt.Sprintf("furnished %d of %d Namespaces", status.Furnished, status.Namespaces),
	}
	switch {
	case k.mistakes != nil:
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, v1alpha1.ReasonRefused, k.mistakes.Error()
	case status.Waiting+status.InConflict > 0:
		ready.Status, ready.Reason = metav1.ConditionFalse, v1alpha1.ReasonNotFurnished
		ready.Message += "; " + status.Details[0].Namespace + ": " + status.Details[0].Reason
	}
	return ready
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:most-len("…")] + "…"
}

// What is told of a Namespace, in an Event.
const (
	kitFurnished = "Furnished"
	kitConflict  = "KitConflict"
	kitLeaving   = "KitLeaving"
	kitRemoved   = "KitRemoved"
)

// event tells whoever looks at a Namespace.
func (f *Furnisher) event(n *metav1.PartialObjectMetadata, reason, message string) {
	kind := corev1.EventTypeWarning
	if reason == kitFurnished || reason == kitRemoved {
		kind = corev1.EventTypeNormal
	}
	f.options.Events.Namespace(n, kind, reason, message)
}
