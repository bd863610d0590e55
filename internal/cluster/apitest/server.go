// Package apitest is an API server for tests, at the HTTP edge: it holds objects, and answers gets,
// lists, watches and writes of them as an API server does, with resource versions and conflicts.
// What only a broken one shows, a test has it answer.
//
// It validates nothing, sets no defaults, and knows neither users nor rights.
package apitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// Server is an API server, which is reached in memory: in a bubble of synctest, hours of elections
// and of trying again take no time.
type Server struct {
	listener pipes
	http     http.Server
	serving  sync.WaitGroup // requests, and the server itself

	mu       sync.Mutex
	closed   bool
	objects  map[target]*unstructured.Unstructured
	version  int
	history  []change
	expired  int // watches from a version before this one are too old
	watchers map[*watcher]struct{}
	requests []Request
	answer   func(http.ResponseWriter, *http.Request) bool
}

// Request is one that has come.
type Request struct {
	Method, Path, Body string
}

// New starts a server with some objects, which runs until the test ends.
func New(t testing.TB, objects ...runtime.Object) *Server {
	t.Helper()
	s := &Server{objects: map[target]*unstructured.Unstructured{}, watchers: map[*watcher]struct{}{}}
	for _, object := range objects {
		s.Put(object)
	}
	s.listener = newPipes()
	s.http.Handler = s
	s.serving.Go(func() { _ = s.http.Serve(s.listener) }) // it ends with Close
	t.Cleanup(s.Close)
	return s
}

// Close ends the server, and every connection to it.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	_ = s.http.Close()
	s.serving.Wait()
}

// begin counts a request, of which none begins any more once Close waits for them.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.serving.Add(1)
	}
	return !s.closed
}

// Config is how to reach it.
func (s *Server) Config() *rest.Config {
	return &rest.Config{
		Host: s.listener.Addr().String(), Dial: s.listener.dial, QPS: -1,
		ContentConfig: rest.ContentConfig{ContentType: runtime.ContentTypeJSON},
	}
}

// Answer has each request go to answer first, which says whether it has answered it. It may change
// what the server holds. Nil has the server answer alone.
func (s *Server) Answer(answer func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// Refuse answers a request with a failure, as an API server does.
func Refuse(w http.ResponseWriter, failure *apierrors.StatusError) {
	status := failure.Status()
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	if status.Details != nil && status.Details.RetryAfterSeconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(status.Details.RetryAfterSeconds)))
	}
	reply(w, int(status.Code), status)
}

// Requests are those with a method that have come so far.
func (s *Server) Requests(method string) (some []Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if r.Method == method {
			some = append(some, r)
		}
	}
	return some
}

// Put stores an object, and tells whoever watches.
func (s *Server) Put(object runtime.Object) {
	u := content(object)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store(of(u), u)
}

// Load reads an object as it is now into one with its name, and says whether it is there.
func (s *Server) Load(into runtime.Object) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, found := s.objects[of(content(into))]
	return found && runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, into) == nil
}

// Remove deletes an object, and tells whoever watches.
func (s *Server) Remove(object runtime.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(of(content(object)))
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		return
	}
	defer s.serving.Done()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever sent it has gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	if !r.URL.Query().Has("watch") {
		s.requests = append(s.requests, Request{r.Method, r.URL.Path, string(body)})
	}
	answer := s.answer
	s.mu.Unlock()
	if answer != nil && answer(w, r) || r.Method == http.MethodGet && discover(w, r.URL.Path) {
		return
	}
	at, ok := parse(r.URL.Path)
	switch {
	case !ok:
		Refuse(w, apierrors.NewGenericServerResponse(http.StatusNotFound, r.Method, schema.GroupResource{}, "", "no such path", 0, false))
	case r.Method == http.MethodGet && r.URL.Query().Has("watch"):
		s.watch(w, r, at)
	case r.Method == http.MethodGet && at.name == "":
		s.list(w, r, at)
	default:
		s.mu.Lock()
		defer s.mu.Unlock()
		object, err := s.do(r, at, body)
		if failure := (*apierrors.StatusError)(nil); errors.As(err, &failure) {
			Refuse(w, failure)
			return
		}
		code := http.StatusOK
		if r.Method == http.MethodPost {
			code = http.StatusCreated
		}
		reply(w, code, shown(object, r))
	}
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, at target) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := unstructured.UnstructuredList{Object: map[string]any{"apiVersion": at.GroupVersion().String(), "kind": "List"}}
	list.SetResourceVersion(strconv.Itoa(s.version))
	for _, u := range s.selected(at, r) {
		one := shown(u, r)
		list.SetKind(one.GetKind() + "List")
		list.SetAPIVersion(one.GetAPIVersion())
		list.Items = append(list.Items, *one)
	}
	if len(list.Items) == 0 { // whose kind nobody says
		list.SetKind(at.kind() + "List")
		if partial(r) {
			list.SetKind("PartialObjectMetadataList")
			list.SetAPIVersion(metav1.SchemeGroupVersion.String())
		}
	}
	reply(w, http.StatusOK, &list)
}

// shown is an object as the request asks for it: whole, or its metadata alone.
func shown(object *unstructured.Unstructured, r *http.Request) *unstructured.Unstructured {
	if !partial(r) {
		return object
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": metav1.SchemeGroupVersion.String(), "kind": "PartialObjectMetadata", "metadata": object.Object["metadata"],
	}}
}

func partial(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata")
}

func reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}
