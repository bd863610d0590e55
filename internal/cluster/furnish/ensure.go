package furnish

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/kits"
)

// How long to wait before what failed is tried again, where no change would wake us.
const (
	soon   = 2 * time.Second
	later  = 30 * time.Second
	longer = 5 * time.Minute
)

// outcome is how far a Namespace, or an object in it, is.
type outcome struct {
	state  v1alpha1.KitState
	reason string
	again  time.Duration // zero where a change wakes us
	wrote  bool
}

func furnished(wrote bool) outcome { return outcome{state: v1alpha1.KitFurnished, wrote: wrote} }

func waits(again time.Duration, format string, args ...any) outcome {
	return outcome{state: v1alpha1.KitWaiting, reason: fmt.Sprintf(format, args...), again: again}
}

func conflicts(again time.Duration, format string, args ...any) outcome {
	return outcome{state: v1alpha1.KitInConflict, reason: fmt.Sprintf(format, args...), again: again}
}

// task is one object that a Namespace is to have.
type task struct {
	kit      *kit
	compiled *kits.Kit
	index    int
	want     *unstructured.Unstructured
	in       *made
}

func (t *task) object() object {
	return object{t.compiled.Objects[t.index].Kind, t.want.GetNamespace(), t.want.GetName()}
}

func (t *task) hash() string { return t.want.GetAnnotations()[v1alpha1.KitHash] }

// String names it to people.
func (t *task) String() string { return t.want.GetKind() + " " + t.want.GetName() }

// furnish gives a Namespace what it lacks of a kit, and notes what it is to have.
func (f *Furnisher) furnish(ctx context.Context, k *kit, compiled *kits.Kit, n *metav1.PartialObjectMetadata, wanted map[object]bool) outcome {
	once := compiled.Once() && k.wasCreatedIn(n.UID)
	all := furnished(false)
	for i := range compiled.Objects {
		o := f.ensure(ctx, &task{kit: k, compiled: compiled, index: i}, n, wanted, once)
		all.merge(o)
	}
	return all
}

// merge makes the outcome of two.
func (o *outcome) merge(other outcome) {
	var wait soonest
	wait.add(o.again)
	wait.add(other.again)
	o.again, o.wrote = time.Duration(wait), o.wrote || other.wrote
	if other.state == v1alpha1.KitFurnished {
		return
	}
	if o.state != v1alpha1.KitInConflict {
		o.state = other.state
	}
	if o.reason != "" {
		o.reason += "; "
	}
	o.reason += other.reason
}

// ensure sees to one object.
func (f *Furnisher) ensure(ctx context.Context, t *task, n *metav1.PartialObjectMetadata, wanted map[object]bool, once bool) outcome {
	var err error
	if t.want, err = t.compiled.Render(t.index, namespaceOf(n.Name, n.Labels)); err != nil {
		wanted[object{kind: t.compiled.Objects[t.index].Kind, namespace: n.Name}] = true // of any name
		return waits(0, "%v", err)                                                       // until its labels change
	}
	wanted[t.object()] = true
	if once {
		return furnished(false)
	}
	if t.in, err = f.cacheOf(ctx, t.compiled.Objects[t.index].Kind); err != nil {
		return waits(later, "%v", err)
	}
	held := t.in.get(n.Name, t.want.GetName())
	if held == nil {
		return f.create(ctx, t)
	}
	return f.keep(ctx, t, held)
}

// keep sees to an object that is there.
func (f *Furnisher) keep(ctx context.Context, t *task, held *metav1.PartialObjectMetadata) outcome {
	owner := held.Labels[v1alpha1.KitLabel]
	switch {
	case owner != t.kit.name && owner != "":
		return conflicts(0, "%s is of NamespaceKit %s: have one of the two make it", t, owner)
	case held.DeletionTimestamp != nil:
		return waits(0, "%s is being deleted", t)
	case t.compiled.Once():
		return furnished(false)
	case held.Annotations[v1alpha1.KitHash] == t.hash() && owner != "" && t.kit.isWhole(t.index, held.Annotations[keptFields]):
		return furnished(false)
	default:
		return f.mend(ctx, t, held)
	}
}

// create makes an object, unless somebody else has made one of its name.
func (f *Furnisher) create(ctx context.Context, t *task) outcome {
	c := f.contestOver(t.object(), t.hash())
	if wait := c.due(f.now(), longAbsence); wait > 0 {
		return c.undecided(t, wait, "is deleted again and again")
	}
	current, err := f.objects.Resource(t.in.resource).Namespace(t.want.GetNamespace()).Get(ctx, t.want.GetName(), metav1.GetOptions{})
	switch {
	case err == nil:
		reduce(current)
		if current.Labels[v1alpha1.KitLabel] == "" && !isOurs(current) {
			return f.foreign(t)
		}
		return f.keep(ctx, t, current) // which the watch has not brought yet, or whose label is gone
	case !apierrors.IsNotFound(err):
		return failed(t, err, "get", t.in)
	}
	_, err = f.apply(ctx, t, false)
	if err != nil {
		return failed(t, err, "create", t.in)
	}
	f.count("create")
	c.mended(f.now(), "")
	if c.isQuarrel() {
		return conflicts(c.due(f.now(), longAbsence), "%s is deleted again and again: it is made again, at growing intervals", t)
	}
	return furnished(true)
}

// foreign is an object that somebody else has made.
func (f *Furnisher) foreign(t *task) outcome {
	if t.compiled.Once() {
		return furnished(false) // it is there, and theirs
	}
	return conflicts(longer, "%s is there already, and no kit has made it: delete it, or rename it in the kit", t)
}

// mend makes an object what it is to be, but not as fast as somebody else changes it, and not
// against somebody who applies it.
func (f *Furnisher) mend(ctx context.Context, t *task, held *metav1.PartialObjectMetadata) outcome {
	c := f.contestOver(t.object(), t.hash())
	if wait := c.due(f.now(), longWait); wait > 0 {
		return c.undecided(t, wait, "is changed again and again by "+c.by)
	}
	after, err := f.apply(ctx, t, false)
	by := managersOf(err)
	switch {
	case len(by) > 0:
	case err != nil:
		return failed(t, err, "patch", t.in)
	case after.ResourceVersion == held.ResourceVersion: // a leader before has done it all
		return furnished(false)
	default:
		if held.Annotations[v1alpha1.KitHash] == t.hash() {
			c.mended(f.now(), "somebody")
		}
		f.count("mend")
		return f.settled(c, t)
	}
	if applier := firstOf(by, strings.Split(held.Annotations[keptAppliers], ",")); applier != "" {
		c.mended(f.now(), applier)
		return conflicts(c.due(f.now(), longWait), "%s is applied by %s, too, which wants it otherwise: leave the field to one of the two", t, applier)
	}
	if _, err := f.apply(ctx, t, true); err != nil {
		return failed(t, err, "patch", t.in)
	}
	f.count("mend")
	c.mended(f.now(), strings.Join(by, ", "))
	return f.settled(c, t)
}

// settled is an object that was mended just now.
func (f *Furnisher) settled(c *contest, t *task) outcome {
	if c.isQuarrel() {
		return conflicts(c.due(f.now(), longWait), "%s is changed again and again by %s: it is mended, at growing intervals", t, c.by)
	}
	return furnished(true)
}

// undecided is an object that is not written yet, as it was written a moment ago.
func (c *contest) undecided(t *task, wait time.Duration, why string) outcome {
	if c.isQuarrel() {
		return conflicts(wait, "%s %s: it is mended, at growing intervals", t, why)
	}
	return waits(wait, "%s %s", t, why)
}

// apply applies an object. Of the answer there is the metadata, reduced.
func (f *Furnisher) apply(ctx context.Context, t *task, force bool) (*metav1.PartialObjectMetadata, error) {
	body, err := json.Marshal(t.want.Object)
	if err != nil {
		return nil, err
	}
	after, err := f.objects.Resource(t.in.resource).Namespace(t.want.GetNamespace()).Patch(ctx, t.want.GetName(),
		types.ApplyPatchType, body, metav1.PatchOptions{FieldManager: Manager, Force: &force, FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		return nil, err
	}
	reduce(after)
	t.kit.learn(t.index, after.Annotations[keptFields])
	return after, nil
}

func (f *Furnisher) count(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes[what]++
}

// managersOf are the field managers that a conflict is with.
func managersOf(err error) (all []string) {
	if !apierrors.IsConflict(err) {
		return nil
	}
	status, is := err.(apierrors.APIStatus)
	if !is || status.Status().Details == nil {
		return nil
	}
	seen := map[string]bool{}
	for _, cause := range status.Status().Details.Causes {
		if cause.Type != metav1.CauseTypeFieldManagerConflict {
			continue
		}
		// conflict with "kubectl-edit" using v1
		name := "somebody"
		if parts := strings.Split(cause.Message, `"`); len(parts) > 2 {
			name = parts[1]
		}
		if !seen[name] {
			seen[name], all = true, append(all, name)
		}
	}
	return all
}

// firstOf is the first of some that is among others, or nothing.
func firstOf(some, others []string) string {
	for _, one := range some {
		if slices.Contains(others, one) {
			return one
		}
	}
	return ""
}
