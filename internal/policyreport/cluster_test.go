package policyreport

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/apitest"
)

// api is an API server that serves some of the APIs, and what a Writer says of it.
type api struct {
	*apitest.Server
	writer *Writer

	mu     sync.Mutex
	served []*API
	answer func(http.ResponseWriter, *http.Request) bool // what only a broken one answers
	log    []string
}

func serving(t *testing.T, served ...*API) *api {
	t.Helper()
	a := &api{Server: apitest.New(t), served: served}
	a.Answer(a.intercept)
	a.restart(t)
	return a
}

// restart has another Writer begin, with nothing but what is in the cluster.
func (a *api) restart(t *testing.T) {
	t.Helper()
	client, err := cluster.NewClients(a.Config()).Unversioned()
	require.NoError(t, err)
	log := funcr.New(func(_, line string) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.log = append(a.log, line)
	}, funcr.Options{})
	a.writer = NewWriter(client, Options{Log: log, PerSecond: 1000})
}

func (a *api) intercept(w http.ResponseWriter, r *http.Request) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answer != nil && a.answer(w, r) {
		return true
	}
	for _, one := range a.served {
		if r.URL.Path == "/apis/"+one.String() {
			_ = json.NewEncoder(w).Encode(metav1.APIResourceList{
				TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "APIResourceList"}, GroupVersion: one.String(),
				APIResources: []metav1.APIResource{{Name: one.Resource, Kind: one.Kind, Namespaced: true}, {Name: one.ClusterResource, Kind: one.ClusterKind}},
			})
			return true
		}
	}
	return false
}

func (a *api) set(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
}

func (a *api) said() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.log, "\n")
}

// writes are the requests that change something.
func (a *api) writes() (all []string) {
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		for _, r := range a.Requests(method) {
			all = append(all, method+" "+r.Path)
		}
	}
	return all
}

// report reads one of the cluster.
func (a *api) report(of *API, namespace, name string) (*Report, bool) {
	u := &unstructured.Unstructured{}
	u.SetAPIVersion(of.String())
	u.SetKind(of.Kind)
	if namespace == "" {
		u.SetKind(of.ClusterKind)
	}
	u.SetNamespace(namespace)
	u.SetName(name)
	into := struct{ *unstructured.Unstructured }{u}
	if !a.Load(into.Unstructured) {
		return nil, false
	}
	raw, err := u.MarshalJSON()
	if err != nil {
		return nil, false
	}
	var r Report
	return &r, json.Unmarshal(raw, &r) == nil
}

// live stands for a cluster that is followed.
type live struct {
	mu      sync.Mutex
	report  *audit.Report
	waiting bool
	changed chan struct{}
}

func newLive(r *audit.Report) *live { return &live{report: r, changed: make(chan struct{}, 1)} }

func (l *live) Ready() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.waiting
}

func (l *live) Report() *audit.Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.report
}

func (l *live) Changed() <-chan struct{} { return l.changed }

func (l *live) becomes(r *audit.Report) {
	l.mu.Lock()
	l.report, l.waiting = r, false
	l.mu.Unlock()
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// follow runs the writer in a bubble, in which the test sleeps for as long as it likes.
func follow(t *testing.T, a *api, l *live) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	writer := a.writer
	go func() { done <- writer.Run(ctx, l) }()
	return sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

// elapse lets time pass.
func elapse(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// asObject is a report as the server holds it.
func asObject(t *testing.T, r *Report) *unstructured.Unstructured {
	t.Helper()
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	u := &unstructured.Unstructured{}
	require.NoError(t, json.Unmarshal(raw, &u.Object))
	return u
}

// unlabelled is a report of somebody else.
func unlabelled(namespace, name string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetAPIVersion(OpenReports.String())
	u.SetKind(OpenReports.Kind)
	u.SetNamespace(namespace)
	u.SetName(name)
	return u
}
