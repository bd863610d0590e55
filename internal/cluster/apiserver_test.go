package cluster_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
)

var resource = schema.GroupResource{Resource: "namespaces"}

// apiServer answers for Namespaces as an API server does: get and watch, metadata only.
type apiServer struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	objects  map[string]*metav1.PartialObjectMetadata
	version  int
	watchers map[chan metav1.WatchEvent]bool
	paths    []string               // of gets
	failure  *apierrors.StatusError // what gets are answered with
	held     chan struct{}          // gets wait for its close
}

func newAPIServer(t *testing.T, objects ...*metav1.PartialObjectMetadata) *apiServer {
	t.Helper()
	s := &apiServer{t: t, objects: map[string]*metav1.PartialObjectMetadata{}, watchers: map[chan metav1.WatchEvent]bool{}}
	for _, object := range objects {
		s.put(object)
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.CloseClientConnections() // of watches and held gets
		s.Close()
	})
	return s
}

func (s *apiServer) config() *rest.Config { return &rest.Config{Host: s.URL, QPS: 50, Burst: 100} }

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	assert.Contains(s.t, r.Header.Get("Accept"), "as=PartialObjectMetadata", "metadata only")
	w.Header().Set("Content-Type", "application/json")
	const all = "/api/v1/namespaces"
	if r.URL.Path == all {
		s.watch(w, r)
		return
	}
	s.get(w, r, strings.TrimPrefix(r.URL.Path, all+"/"))
}

func (s *apiServer) get(w http.ResponseWriter, r *http.Request, name string) {
	s.mu.Lock()
	s.paths = append(s.paths, r.URL.Path)
	object, found := s.objects[name]
	failure, held := s.failure, s.held
	s.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-r.Context().Done():
		}
	}
	if !found && failure == nil {
		failure = apierrors.NewNotFound(resource, name)
	}
	if failure != nil {
		status := failure.Status()
		status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
		if status.Details != nil && status.Details.RetryAfterSeconds > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(status.Details.RetryAfterSeconds)))
		}
		w.WriteHeader(int(status.Code))
		_ = json.NewEncoder(w).Encode(status)
		return
	}
	_ = json.NewEncoder(w).Encode(object)
}

// watch streams what there is, the mark that this was all, and then what changes.
func (s *apiServer) watch(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("sendInitialEvents") != "true" {
		http.Error(w, "lists and resumed watches are no part of these tests", http.StatusNotImplemented)
		return
	}
	s.mu.Lock()
	watcher := make(chan metav1.WatchEvent, 100)
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		watcher <- event(watch.Added, s.objects[name])
	}
	end := namespace("", "")
	end.ResourceVersion = strconv.Itoa(s.version)
	end.Annotations = map[string]string{metav1.InitialEventsAnnotationKey: "true"}
	watcher <- event(watch.Bookmark, end)
	s.watchers[watcher] = true
	s.mu.Unlock()

	stream := json.NewEncoder(w)
	for {
		select {
		case <-r.Context().Done():
			return
		case event := <-watcher:
			if errors.Join(stream.Encode(event), http.NewResponseController(w).Flush()) != nil {
				return
			}
		}
	}
}

func (s *apiServer) put(object *metav1.PartialObjectMetadata) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := watch.Modified
	if s.objects[object.Name] == nil {
		kind = watch.Added
	}
	s.store(object)
	s.tell(kind, object)
}

// putUnwatched makes a Namespace that the watch is late with.
func (s *apiServer) putUnwatched(object *metav1.PartialObjectMetadata) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store(object)
}

func (s *apiServer) store(object *metav1.PartialObjectMetadata) {
	s.version++
	object.ResourceVersion = strconv.Itoa(s.version)
	s.objects[object.Name] = object
}

func (s *apiServer) remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.tell(watch.Deleted, s.objects[name])
	delete(s.objects, name)
}

func (s *apiServer) tell(kind watch.EventType, object *metav1.PartialObjectMetadata) {
	for watcher := range s.watchers {
		watcher <- event(kind, object)
	}
}

// answer has every get fail.
func (s *apiServer) answer(failure *apierrors.StatusError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = failure
}

// hold has every get wait until release.
func (s *apiServer) hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make(chan struct{})
	s.held = held
	return func() { close(held) }
}

// gets are the paths of the gets so far.
func (s *apiServer) gets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.paths)
}

func event(kind watch.EventType, object *metav1.PartialObjectMetadata) metav1.WatchEvent {
	raw, _ := json.Marshal(object)
	return metav1.WatchEvent{Type: string(kind), Object: runtime.RawExtension{Raw: raw}}
}

func namespace(name, team string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadata"},
		ObjectMeta: metav1.ObjectMeta{
			Name:            name,
			Labels:          map[string]string{"team": team},
			Annotations:     map[string]string{"owner": "team-" + name},
			ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
			OwnerReferences: []metav1.OwnerReference{{Name: "tenant"}},
		},
	}
}
