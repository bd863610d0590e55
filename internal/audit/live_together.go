package audit

import (
	"context"
	"time"

	"taffrail.dev/taffrail/internal/sets"
)

// together is what a Live remembers of the last time that it evaluated all objects together.
type together struct {
	by      *basis
	facts   uint64
	missing sets.Needs
	again   bool
	at      time.Time
}

// evaluateTogether evaluates all objects together, where that may find something else than the last
// time, and not while objects are still being listed: what is not there yet would seem to be missing.
func (l *Live) evaluateTogether(ctx context.Context, by *basis, last *together) {
	if !l.settled() || time.Since(last.at) < l.pace.together {
		return
	}
	now := together{by: by, facts: l.held.told(), missing: l.missing(), at: time.Now()}
	if last.by == by && last.facts == now.facts && last.missing == now.missing && !last.again && !l.redecide.Load() {
		return
	}
	l.redecide.Store(false)
	o := l.held.together(ctx, l.cluster.Objects, by, now.missing)
	now.again = o.incomplete
	*last = now
	l.mu.Lock()
	l.over, l.overDone = o.notes, true
	l.mu.Unlock()
	if o.changed {
		l.tell()
	}
	l.progress()
}

// missing are the facts of kinds that could not be listed.
func (l *Live) missing() (missing sets.Needs) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.followers {
		if !f.is().listed {
			missing |= f.kind.shown()
		}
	}
	return missing
}
