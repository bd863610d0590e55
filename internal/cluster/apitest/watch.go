package apitest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"
)

// change is what a watch is told.
type change struct {
	version int
	kind    watch.EventType
	at      target
	object  *unstructured.Unstructured
}

// watcher gets the changes after its watch has begun.
type watcher struct {
	at      target
	r       *http.Request
	changes chan change
}

// queued is how far a watch may be behind in a test.
const queued = 1000

// selected are the objects that a list or a watch is about, in order.
func (s *Server) selected(at target, r *http.Request) (some []*unstructured.Unstructured) {
	for is, u := range s.objects {
		if selects(at, r, is, u) {
			some = append(some, u)
		}
	}
	slices.SortFunc(some, func(a, b *unstructured.Unstructured) int {
		return slices.Compare([]string{a.GetNamespace(), a.GetName()}, []string{b.GetNamespace(), b.GetName()})
	})
	return some
}

func selects(at target, r *http.Request, is target, u *unstructured.Unstructured) bool {
	byField, err := fields.ParseSelector(r.URL.Query().Get("fieldSelector"))
	must(err)
	byLabel, err := labels.Parse(r.URL.Query().Get("labelSelector"))
	must(err)
	return is.GroupVersionResource == at.GroupVersionResource && (at.namespace == "" || at.namespace == is.namespace) &&
		byField.Matches(fields.Set{"metadata.name": is.name, "metadata.namespace": is.namespace}) && byLabel.Matches(labels.Set(u.GetLabels()))
}

// watch streams changes until either side ends it.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, at target) {
	self := &watcher{at, r, make(chan change, queued)}
	if failure := s.catchUp(self); failure != nil {
		Refuse(w, failure)
		return
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, self)
	}()
	w.Header().Set("Content-Type", "application/json")
	stream := json.NewEncoder(w)
	for {
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case c := <-self.changes:
			if stream.Encode(c.event(r)) != nil || c.kind == watch.Error {
				return
			}
		}
	}
}

// catchUp has a watcher get what it has missed: all that there is, and the mark that this was all,
// or what has changed since its version.
func (s *Server) catchUp(w *watcher) *apierrors.StatusError {
	s.mu.Lock()
	defer s.mu.Unlock()
	since, _ := strconv.Atoi(w.r.URL.Query().Get("resourceVersion"))
	switch {
	case w.r.URL.Query().Get("sendInitialEvents") == "true":
		for _, u := range s.selected(w.at, w.r) {
			w.changes <- change{0, watch.Added, w.at, u}
		}
		end := &unstructured.Unstructured{}
		end.SetAPIVersion(w.at.GroupVersion().String())
		end.SetKind(w.at.kind())
		end.SetResourceVersion(strconv.Itoa(s.version))
		end.SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
		w.changes <- change{0, watch.Bookmark, w.at, end}
	case since < s.expired:
		return gone()
	default:
		for _, c := range s.history {
			if c.version > since && selects(w.at, w.r, c.at, c.object) {
				w.changes <- c
			}
		}
	}
	s.watchers[w] = struct{}{}
	return nil
}

func (s *Server) tell(c change) {
	s.history = append(s.history, c)
	for w := range s.watchers {
		if selects(w.at, w.r, c.at, c.object) {
			w.changes <- c
		}
	}
}

// Expire ends all watches, and forgets what has happened so far: who watched must list again.
func (s *Server) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history, s.expired = nil, s.version+1
	for w := range s.watchers {
		w.changes <- change{kind: watch.Error}
	}
}

// Watches is how many watches there are.
func (s *Server) Watches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.watchers)
}

func (c change) event(r *http.Request) any {
	if c.kind == watch.Error {
		status := gone().Status()
		status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
		return map[string]any{"type": c.kind, "object": status}
	}
	return map[string]any{"type": c.kind, "object": shown(c.object, r).Object}
}

func gone() *apierrors.StatusError {
	return apierrors.NewResourceExpired("too old resource version")
}
