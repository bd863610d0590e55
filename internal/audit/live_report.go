package audit

import (
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Report is what Run of the package would say now. What it refers to is shared: nobody may change it.
func (l *Live) Report() *Report {
	l.reporting.Lock()
	defer l.reporting.Unlock()
	changes := l.changes.Load()
	if l.cached == nil || changes != l.cachedAt {
		by := l.by.Load()
		if by == nil {
			by = &basis{}
		}
		l.cached, l.first = l.held.report(by, l.notes(), l.first)
		l.cachedAt = changes
	}
	if oldest := l.oldest(); l.told == nil || l.toldAt != changes || oldest.Sub(l.told.Time) > stale {
		now := *l.cached
		now.Time = oldest
		l.told, l.toldAt = &now, changes
	}
	return l.told
}

// stale is how much younger the verdicts of a report may be than it says. A report that stays the same
// is the same, for whoever makes much of it.
const stale = 10 * time.Second

// all are the followers.
func (l *Live) all() []*follower {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := []*follower{l.deciding.namespaces, l.deciding.exemptions}
	if l.options.Stored {
		all = append(all, l.deciding.guardrails)
	}
	for _, f := range l.followers {
		all = append(all, f.follower)
	}
	return all
}

// oldest is as of when all that is said is known to hold. What is to be evaluated again holds until
// that was known.
func (l *Live) oldest() (oldest time.Time) {
	for _, f := range l.all() {
		s := f.is()
		if !s.listed {
			continue
		}
		of := s.since
		if !s.due.IsZero() && s.due.Before(of) {
			of = s.due
		}
		if oldest.IsZero() || of.Before(oldest) {
			oldest = of
		}
	}
	return oldest.UTC()
}

// notes are what cannot be listed or followed.
func (l *Live) notes() []string {
	l.mu.Lock()
	notes := slices.Concat(l.unknown, l.over)
	l.mu.Unlock()
	for _, f := range l.all() {
		if note := f.note(); note != "" {
			notes = append(notes, note)
		}
	}
	slices.Sort(notes)
	return notes
}

func (f *follower) note() string {
	s := f.is()
	name := f.resource.GroupResource()
	switch {
	case s.problem == nil && s.unwatched != nil:
		return fmt.Sprintf("cannot watch %s: %v; instead they are listed again every %s", name, s.unwatched, f.poll)
	case s.problem == nil:
		return ""
	case !s.listed:
		return fmt.Sprintf("could not list %s: %v; the rest is complete", name, s.problem)
	case apierrors.IsForbidden(s.problem):
		return fmt.Sprintf("may not list %s any more: %v; what is said of them is of %s", name, s.problem, s.since.UTC().Format(time.RFC3339))
	default:
		return fmt.Sprintf("could not follow %s: %v; what is said of them is of %s", name, s.problem, s.since.UTC().Format(time.RFC3339))
	}
}

// settled tells whether everything that may be listed has been evaluated by what decides now.
func (l *Live) settled() bool {
	if l.by.Load() == nil {
		return false
	}
	for _, f := range l.all() {
		if s := f.is(); !s.listed && s.problem == nil || !s.due.IsZero() {
			return false
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.discovered
}

// progress takes note of how far the followers are, and of what they cannot do.
func (l *Live) progress() {
	settled := l.settled()
	notes := l.notes()
	if l.take(settled, notes) {
		l.tell()
	}
}

// take takes note of both, and tells whether the report is another for it.
func (l *Live) take(settled bool, notes []string) (other bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	other = !slices.Equal(notes, l.noted)
	l.noted = notes
	if settled && !l.overDone {
		l.decide()
	}
	if settled && l.overDone {
		other = other || !l.ready
		l.ready = true
		if !l.began.IsZero() {
			l.lastFull, l.began = l.now().Sub(l.began), time.Time{}
			go debug.FreeOSMemory() // of the lists nothing is needed any more
		}
	}
	return other
}
