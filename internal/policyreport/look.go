package policyreport

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// lookAgain looks at the cluster when it is time to.
func (w *Writer) lookAgain(ctx context.Context) error {
	now := time.Now()
	if now.Before(w.lookAt) {
		return nil
	}
	if err := w.look(ctx); err != nil {
		return err
	}
	w.lookAt, w.written = now.Add(w.options.Look), nil
	return nil
}

// look finds out which API is to be written, and what is stored of it. Viewers read both APIs where
// both are served, and would count each finding twice.
func (w *Writer) look(ctx context.Context) error {
	open, err := w.serves(ctx, &OpenReports)
	if err != nil {
		return err
	}
	policy, err := w.serves(ctx, &PolicyReports)
	if err != nil {
		return err
	}
	before := w.api
	switch {
	case open:
		w.api = &OpenReports
	case policy:
		w.api = &PolicyReports
	default:
		w.api = nil
	}
	if open && policy && before != w.api {
		if err := w.clear(ctx, &PolicyReports); err != nil {
			return err
		}
	}
	w.tell()
	if before != w.api {
		w.stored = map[string]map[string]*stored{}
	}
	if w.api == nil {
		return nil
	}
	return w.readBack(ctx)
}

// serves tells whether both kinds of an API are there.
func (w *Writer) serves(ctx context.Context, api *API) (bool, error) {
	var kinds metav1.APIResourceList
	err := w.get(ctx, "/apis/"+api.String(), &kinds)
	if err != nil && !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("asking the API server whether it serves %s: %w", api, err)
	}
	found := map[string]bool{}
	for i := range kinds.APIResources {
		found[kinds.APIResources[i].Name] = true
	}
	return found[api.Resource] && found[api.ClusterResource], nil
}

// tell says what is written, when that has become something else.
func (w *Writer) tell() {
	now := "no reports are written: the cluster serves neither " + OpenReports.String() + " nor " + PolicyReports.String()
	name := ""
	if w.api != nil {
		name = w.api.String()
		now = "reports are written as " + name
	}
	w.count(func(m *Metrics) { m.API = name })
	if now != w.told {
		w.told = now
		w.options.Log.Info(now)
	}
}

// clear deletes what we have written when another API was the only one. Where we may not, that is for
// whoever took the right away.
func (w *Writer) clear(ctx context.Context, api *API) error {
	now := w.api
	w.api = api
	defer func() { w.api = now }()
	for _, path := range w.everywhere() {
		for r, err := range w.list(ctx, path) {
			if err == nil {
				err = w.delete(ctx, w.path(r.Namespace, r.Name), r.ResourceVersion)
			}
			switch {
			case apierrors.IsForbidden(err):
				return nil
			case err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err):
				return fmt.Errorf("deleting the reports of %s, which another API has now: %w", api, err)
			}
		}
	}
	return nil
}

// everywhere are the paths of all reports.
func (w *Writer) everywhere() []string {
	return []string{"/apis/" + w.api.String() + "/" + w.api.Resource, "/apis/" + w.api.String() + "/" + w.api.ClusterResource}
}

// readBack reads what is stored. What is not as we have written it is written again.
func (w *Writer) readBack(ctx context.Context) error {
	now := map[string]map[string]*stored{}
	for _, path := range w.everywhere() {
		for r, err := range w.list(ctx, path) {
			if err != nil {
				return err
			}
			if now[r.Namespace] == nil {
				now[r.Namespace] = map[string]*stored{}
			}
			now[r.Namespace][r.Name] = storedOf(r)
		}
	}
	for namespace, reports := range w.stored {
		for name, before := range reports {
			is := now[namespace][name]
			switch {
			case is != nil:
				is.at, is.retryAt = before.at, before.retryAt
			case before.gone && (time.Since(before.at) < w.options.Every || time.Now().Before(before.retryAt)):
				if now[namespace] == nil {
					now[namespace] = map[string]*stored{}
				}
				now[namespace][name] = before
			}
		}
	}
	w.stored = now
	return nil
}
