package audit

import (
	"context"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/guardrail"
)

// turn is what the loop of a Live remembers from one look at what decides to the next.
type turn struct {
	changes    uint64 // of what decides
	discovered time.Time
	looked     time.Time // at the clock
	together   together
}

// turn looks at what decides: Guardrails and Exemptions, the kinds that the API server has, and dates.
func (l *Live) turn(ctx context.Context, all *sync.WaitGroup, t *turn) {
	objects, changes, known := l.objects()
	if !known {
		return
	}
	before, by := l.by.Load(), l.by.Load()
	if before == nil || changes != t.changes {
		by = compile(&l.options.Options, objects, l.options.engine(l.around()), l.compiler, l.held)
		if l.options.Stored && len(objects.Guardrails) > 0 && objects.Guardrails[0].UID == "" {
			by.notes = append(by.notes, "the cluster has no Guardrail: evaluated by the built-in default")
		}
		l.by.Store(by)
		l.tell()
	}
	affected := affectedBy(before, by)
	now := l.now()
	if before != nil {
		affected.byDates(by, t.looked, now)
	}
	t.changes, t.looked = changes, now
	if before != by || time.Since(t.discovered) >= l.pace.discover {
		if l.discover(ctx, all, by) {
			t.discovered = time.Now()
		}
	}
	l.evaluateAgain(&affected)
	l.evaluateTogether(ctx, by, &t.together)
}

// objects are the Guardrails and Exemptions to evaluate by, if they are known yet, and how often they
// have changed.
func (l *Live) objects() (objects guardrail.Objects, changes uint64, known bool) {
	if !l.deciding.namespaces.is().listed {
		return objects, 0, false
	}
	exemptions, changes := l.exemptions.all()
	if changes == 0 && (l.options.Stored || l.deciding.exemptions.is().problem == nil) {
		return objects, 0, false // what is exempt must not be shown as refused
	}
	if !l.options.Stored {
		objects = l.options.Guardrails
		objects.Exemptions = slices.Concat(objects.Exemptions, exemptions)
		return objects, changes, true
	}
	guardrails, more := l.guardrails.all()
	if more == 0 {
		return objects, 0, false
	}
	objects = guardrail.Objects{Guardrails: guardrails, Exemptions: exemptions}
	if len(guardrails) == 0 {
		objects.Guardrails = l.options.Fallback.Guardrails
	}
	return objects, changes + more, true
}

// discover asks the API server for its kinds, and follows those that the set looks at. It tells whether
// it was answered.
func (l *Live) discover(ctx context.Context, all *sync.WaitGroup, by *basis) bool {
	kinds, notes, err := resourcesOf(l.cluster.Discovery, by.set, by.set.Needs())
	if err != nil {
		return false // the followers tell of the outage
	}
	l.followOnly(ctx, all, kinds, by, len(notes) > 0)
	l.mu.Lock()
	l.unknown, l.discovered = notes, true
	l.mu.Unlock()
	l.progress()
	return true
}

// followOnly starts followers of kinds that have none, and ends those of kinds that nobody looks at. A
// kind that the API server could not speak of stays as it is.
func (l *Live) followOnly(ctx context.Context, all *sync.WaitGroup, kinds []listed, by *basis, partial bool) {
	want := map[schema.GroupResource]*listed{}
	for i := range kinds {
		want[kinds[i].resource.GroupResource()] = &kinds[i]
	}
	l.followNamespaces(want)
	l.mu.Lock()
	var ended []*following
	for resource, f := range l.followers {
		switch kind := want[resource]; {
		case kind != nil && *kind == *f.kind:
			delete(want, resource)
		case kind == nil && partial && looksAt(by.set.Resources(), f.kind.resource): // it may be there
		default:
			ended = append(ended, f)
		}
	}
	l.mu.Unlock()
	for _, f := range ended {
		l.stop(f, want[f.kind.resource.GroupResource()] == nil)
	}
	for _, kind := range want {
		l.start(ctx, all, kind)
	}
}

// followNamespaces takes the Namespaces out of the kinds: they are followed in any case.
func (l *Live) followNamespaces(want map[schema.GroupResource]*listed) {
	resource := ofNamespaces.resource.GroupResource()
	now := want[resource]
	delete(want, resource)
	switch before := l.ofNamespaces.Swap(now); {
	case now != nil && (before == nil || *before != *now):
		l.deciding.namespaces.listAgain("")
	case now == nil && before != nil && l.held.drop(resource):
		l.tell()
	}
}

// evaluateAgain has evaluated again what a change affects.
func (l *Live) evaluateAgain(affected *affected) {
	if !affected.any() {
		return
	}
	l.redecide.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.followers {
		namespaces := affected.of(f.kind)
		if slices.Contains(namespaces, "") && l.began.IsZero() {
			l.began = l.now()
		}
		f.listAgain(namespaces...)
	}
	if l.ofNamespaces.Load() != nil && len(affected.of(&ofNamespaces)) > 0 {
		l.deciding.namespaces.listAgain("")
	}
}
