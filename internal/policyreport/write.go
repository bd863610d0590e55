package policyreport

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"taffrail.dev/taffrail/internal/audit"
)

// Write has the reports of the cluster say what an audit does, as far as they may be written by now.
// Due is when the rest may be; it is zero when there is none. An error is of the API server, and what
// could not be written is due at once.
func (w *Writer) Write(ctx context.Context, r *audit.Report) (due time.Time, err error) {
	if err := w.lookAgain(ctx); err != nil || w.api == nil {
		return due, err
	}
	pass := &pass{Writer: w, now: time.Now(), fallback: r.Time}
	if pass.fallback.IsZero() {
		pass.fallback = pass.now
	}
	seen := map[string]bool{}
	for n := range namespaces(r) {
		seen[n.name] = true
		if err := pass.namespace(ctx, n); err != nil {
			return due, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.stored)) {
		if !seen[name] {
			if err := pass.namespace(ctx, &namespace{name: name}); err != nil {
				return due, err
			}
		}
	}
	n := 0
	for _, reports := range w.stored {
		for _, is := range reports {
			if !is.gone {
				n++
			}
		}
	}
	w.count(func(m *Metrics) { m.Reports = n })
	return pass.due, nil
}

// pass is one comparison of an audit with what is stored.
type pass struct {
	*Writer
	now, due time.Time
	fallback time.Time // when rows were first seen that nobody knows of
}

// later notes when a report may be written.
func (p *pass) later(at time.Time) {
	if p.due.IsZero() || at.Before(p.due) {
		p.due = at
	}
}

// namespace writes the reports of one, and then deletes those that it has no more: a finding that
// moves from one to another is in two for a moment, and never in none.
func (p *pass) namespace(ctx context.Context, n *namespace) error {
	reports := p.stored[n.name]
	if reports == nil {
		reports = map[string]*stored{}
		p.stored[n.name] = reports
	}
	wanted := map[string]bool{}
	for _, r := range n.reports(p.api, func(bits string) bool { return parted(reports, bits) }) {
		wanted[r.Name] = true
		if err := p.keep(ctx, r, n, reports); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reports)) {
		if wanted[name] {
			continue
		}
		if err := p.remove(ctx, n.name, name, reports, len(wanted) > 0); err != nil {
			return err
		}
	}
	if len(reports) == 0 {
		delete(p.stored, n.name)
	}
	return nil
}

// keep writes a report if it is another one than is stored, and not too soon.
func (p *pass) keep(ctx context.Context, r *Report, n *namespace, reports map[string]*stored) error {
	is := reports[r.Name]
	if is != nil {
		wait := p.options.Every
		if !is.gone && is.content == r.content() {
			if is.passes == r.passes() {
				return nil
			}
			wait = p.options.Passes
		}
		if at := latest(is.at.Add(wait), is.retryAt); at.After(p.now) {
			p.later(at)
			return nil
		}
	}
	return p.put(ctx, r, n, reports)
}

// since is when a row was first seen: as it is stored, else as the audit says.
func (p *pass) since(n *namespace, reports map[string]*stored) func(id string) time.Time {
	return func(id string) time.Time {
		if since, known := firstSeen(reports, id); known {
			return since
		}
		if since, known := n.since[id]; known {
			return since
		}
		return p.fallback
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// attempts is how often a report is written anew that somebody else has changed meanwhile.
const attempts = 3

// put writes a report in the place of the one that is stored.
func (p *pass) put(ctx context.Context, r *Report, n *namespace, reports map[string]*stored) error {
	var err error
	for range attempts {
		r.stamp(p.since(n, reports))
		is := reports[r.Name]
		r.ResourceVersion = ""
		if is != nil && !is.gone {
			r.ResourceVersion = is.version
		}
		err = p.send(ctx, r)
		switch {
		case err == nil:
			is = storedOf(r)
			is.at = p.now
			reports[r.Name] = is
			p.count(func(m *Metrics) { m.Written++ })
			return nil
		case apierrors.IsNotFound(err) && is != nil && !is.gone:
			is.gone = true // somebody has deleted it
		case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err):
			if wrong := p.adopt(ctx, r, reports); wrong != nil {
				return p.refused(r, wrong, reports)
			}
		default:
			return p.refused(r, err, reports)
		}
	}
	return p.refused(r, err, reports)
}

// errForeign is that a report of the name is somebody else's.
var errForeign = errors.New("there is a report of this name that is not ours: it lacks the label " + ours + "=" + oursValue)

// adopt reads a report that is another one than we know, if it is ours.
func (p *pass) adopt(ctx context.Context, r *Report, reports map[string]*stored) error {
	var is Report
	if err := p.get(ctx, p.path(r.Namespace, r.Name), &is); err != nil {
		if apierrors.IsNotFound(err) {
			delete(reports, r.Name)
			return nil
		}
		return err
	}
	if is.Labels[ours] != oursValue {
		return errForeign
	}
	reports[r.Name] = storedOf(&is)
	return nil
}

// refused decides what a failure means: for the report, or for all of them.
func (p *pass) refused(r *Report, err error, reports map[string]*stored) error {
	at := p.now.Add(p.options.Look)
	switch {
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause), isNamespaceGone(err):
		at = p.now.Add(p.options.Every) // by then its objects are gone too
	case apierrors.IsNotFound(err):
		p.lookAt = time.Time{} // the API itself is gone
		return fmt.Errorf("writing %s %s: %w", r.Kind, nameOf(r), err)
	case errors.Is(err, errForeign), apierrors.IsForbidden(err), apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsRequestEntityTooLargeError(err), apierrors.IsConflict(err):
		p.count(func(m *Metrics) { m.Failed++ })
		p.options.Log.Error(err, "a report cannot be written, and is left alone for a while", "kind", r.Kind, "report", nameOf(r), "for", p.options.Look.String())
	default:
		return fmt.Errorf("writing %s %s: %w", r.Kind, nameOf(r), err)
	}
	if reports[r.Name] == nil {
		reports[r.Name] = &stored{gone: true}
	}
	reports[r.Name].retryAt = at
	p.later(at)
	return nil
}

func nameOf(r *Report) string {
	if r.Namespace == "" {
		return r.Name
	}
	return r.Namespace + "/" + r.Name
}

func isNamespaceGone(err error) bool {
	status := apierrors.APIStatus(nil)
	return apierrors.IsNotFound(err) && errors.As(err, &status) && status.Status().Details != nil && status.Status().Details.Kind == "namespaces"
}

// remove deletes a report, and remembers for a while that it was there: a finding that comes and goes
// all the time is written as seldom as any other. Where its rows are in others, viewers would count
// them twice: it goes at once.
func (p *pass) remove(ctx context.Context, namespace, name string, reports map[string]*stored, elsewhere bool) error {
	is := reports[name]
	at := is.retryAt
	if is.gone || !elsewhere {
		at = latest(at, is.at.Add(p.options.Every))
	}
	if at.After(p.now) {
		p.later(at)
		return nil
	}
	if is.gone {
		delete(reports, name)
		return nil
	}
	err := p.delete(ctx, p.path(namespace, name), is.version)
	switch {
	case err == nil, apierrors.IsNotFound(err):
		*is = stored{gone: true, at: p.now}
		p.later(p.now.Add(p.options.Every))
		p.count(func(m *Metrics) { m.Deleted++ })
		return nil
	case apierrors.IsConflict(err):
		p.lookAt = time.Time{} // it is another one than we know, and perhaps not ours
	}
	return p.refused(newReport(p.api, namespace, name), err, reports)
}
