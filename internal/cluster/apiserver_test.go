package cluster_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/cluster/apitest"
)

var resource = schema.GroupResource{Resource: "namespaces"}

// apiServer is one that is asked for the metadata of Namespaces alone.
type apiServer struct {
	*apitest.Server

	mu        sync.Mutex
	failure   *apierrors.StatusError                   // what gets are answered with
	held      chan struct{}                            // gets wait for its close
	unwatched map[string]*metav1.PartialObjectMetadata // by the paths of gets
}

func newAPIServer(t *testing.T, objects ...runtime.Object) *apiServer {
	t.Helper()
	s := &apiServer{Server: apitest.New(t, objects...), unwatched: map[string]*metav1.PartialObjectMetadata{}}
	s.Answer(func(w http.ResponseWriter, r *http.Request) bool {
		assert.Contains(t, r.Header.Get("Accept"), "as=PartialObjectMetadata", "metadata only")
		return !r.URL.Query().Has("watch") && s.get(w, r)
	})
	return s
}

func (s *apiServer) get(w http.ResponseWriter, r *http.Request) (answered bool) {
	s.mu.Lock()
	failure, held, object := s.failure, s.held, s.unwatched[r.URL.Path]
	s.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-r.Context().Done():
		}
	}
	switch {
	case failure != nil:
		apitest.Refuse(w, failure)
	case object != nil:
		w.Header().Set("Content-Type", runtime.ContentTypeJSON)
		_ = json.NewEncoder(w).Encode(object)
	default:
		return false
	}
	return true
}

// putUnwatched makes a Namespace that the watch is late with.
func (s *apiServer) putUnwatched(object *metav1.PartialObjectMetadata) {
	s.mu.Lock()
	defer s.mu.Unlock()
	object.TypeMeta = metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadata"}
	s.unwatched["/api/v1/namespaces/"+object.Name] = object
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
func (s *apiServer) gets() (paths []string) {
	for _, r := range s.Requests(http.MethodGet) {
		paths = append(paths, r.Path)
	}
	return paths
}

func namespace(name, team string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{
			Name:            name,
			Labels:          map[string]string{"team": team},
			Annotations:     map[string]string{"owner": "team-" + name},
			ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
			OwnerReferences: []metav1.OwnerReference{{Name: "tenant"}},
		},
	}
}
