package audit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// world is an API server that can be written to, watched and disturbed.
type world struct {
	mu      sync.Mutex
	version int
	kinds   map[string]string            // path below the root, such as api/v1/pods: the kind
	objects map[string]map[string]string // by path, then by namespace/name
	history []change
	moved   chan struct{} // closed when there is something new

	pageSize  int
	forbidden map[string]bool
	unwatched map[string]bool // may be listed, and not watched
	down      bool            // answers nothing but 503
	compacted int             // versions before are forgotten
	expire    int             // so many continue tokens are answered with 410
	cut       chan struct{}
	asked     map[string]int // lists by path
	accepted  map[string]string
	onList    func(path string)
}

type change struct {
	version            int
	path, kind, object string
}

func newWorld() *world {
	return &world{
		kinds: map[string]string{
			"api/v1/namespaces": "Namespace", "api/v1/pods": "Pod", "apis/apps/v1/deployments": "Deployment",
			"apis/taffrail.dev/v1alpha1/guardrails": "Guardrail", "apis/taffrail.dev/v1alpha1/exemptions": "Exemption",
		},
		objects: map[string]map[string]string{}, moved: make(chan struct{}), cut: make(chan struct{}),
		pageSize: 2, forbidden: map[string]bool{}, unwatched: map[string]bool{}, asked: map[string]int{}, accepted: map[string]string{},
	}
}

// set writes an object in JSON, which has its metadata first, with a namespace or without.
func (w *world) set(path, object string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.version++
	var meta metav1.PartialObjectMetadata
	if err := json.Unmarshal([]byte(object), &meta); err != nil {
		panic(err)
	}
	object = strings.Replace(object, `"metadata":{`, fmt.Sprintf(`"metadata":{"resourceVersion":"%d",`, w.version), 1)
	if w.objects[path] == nil {
		w.objects[path] = map[string]string{}
	}
	kind := "MODIFIED"
	if w.objects[path][meta.Namespace+"/"+meta.Name] == "" {
		kind = "ADDED"
	}
	w.objects[path][meta.Namespace+"/"+meta.Name] = object
	w.happened(change{w.version, path, kind, object})
}

func (w *world) remove(path, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.version++
	object := w.objects[path][name]
	delete(w.objects[path], name)
	w.happened(change{w.version, path, "DELETED", object})
}

func (w *world) happened(c change) {
	w.history = append(w.history, c)
	close(w.moved)
	w.moved = make(chan struct{})
}

// do changes how the world behaves. What was being watched is cut.
func (w *world) do(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	close(w.cut)
	w.cut = make(chan struct{})
}

func (w *world) count(path string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[path]
}

// accepts is the form in which a list, or a watch, was last asked for.
func (w *world) accepts(path string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.accepted[path]
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Content-Type", "application/json")
	path := strings.TrimPrefix(r.URL.Path, "/")
	namespace := ""
	if before, after, in := strings.Cut(path, "/namespaces/"); in {
		var resource string
		namespace, resource, _ = strings.Cut(after, "/")
		path = before + "/" + resource
	}
	w.mu.Lock()
	down, known, forbidden := w.down, w.kinds[path] != "", w.forbidden[path] || w.unwatched[path] && r.URL.Query().Has("watch")
	if r.URL.Query().Has("watch") {
		w.accepted["watch "+path] = r.Header.Get("Accept")
	} else {
		w.asked[r.URL.Path]++
		w.accepted[path] = r.Header.Get("Accept")
	}
	w.mu.Unlock()
	switch {
	case down:
		refuse(rw, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "it is down", "")
	case path == "api" || path == "apis" || path == "api/v1" || strings.HasPrefix(path, "apis/") && strings.Count(path, "/") == 2:
		w.discovery(rw, path)
	case !known:
		refuse(rw, http.StatusNotFound, metav1.StatusReasonNotFound, "no such resource", "")
	case forbidden:
		refuse(rw, http.StatusForbidden, metav1.StatusReasonForbidden, "you may not", "")
	case r.URL.Query().Has("watch"):
		w.watch(rw, r, path)
	default:
		w.list(rw, r, path, namespace)
	}
}

func (w *world) discovery(rw http.ResponseWriter, path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch path {
	case "api":
		_, _ = rw.Write([]byte(`{"kind":"APIVersions","versions":["v1"]}`))
	case "apis":
		groups := map[string]metav1.APIGroup{}
		for at := range w.kinds {
			if parts := strings.Split(at, "/"); parts[0] == "apis" {
				version := metav1.GroupVersionForDiscovery{GroupVersion: parts[1] + "/" + parts[2], Version: parts[2]}
				groups[parts[1]] = metav1.APIGroup{Name: parts[1], Versions: []metav1.GroupVersionForDiscovery{version}, PreferredVersion: version}
			}
		}
		var list metav1.APIGroupList
		for _, group := range groups {
			list.Groups = append(list.Groups, group)
		}
		_ = json.NewEncoder(rw).Encode(list)
	default:
		list := metav1.APIResourceList{GroupVersion: strings.TrimPrefix(strings.TrimPrefix(path, "apis/"), "api/")}
		for at, kind := range w.kinds {
			if resource, in := strings.CutPrefix(at, path+"/"); in {
				list.APIResources = append(list.APIResources, metav1.APIResource{
					Name: resource, Kind: kind, Namespaced: kind != "Namespace" && kind != "Guardrail", Verbs: metav1.Verbs{"list", "watch"},
				})
			}
		}
		_ = json.NewEncoder(rw).Encode(list)
	}
}

func (w *world) list(rw http.ResponseWriter, r *http.Request, path, namespace string) {
	w.mu.Lock()
	var names []string
	for name := range w.objects[path] {
		wanted := strings.TrimPrefix(r.URL.Query().Get("fieldSelector"), "metadata.name=")
		if (namespace == "" || strings.HasPrefix(name, namespace+"/")) && (wanted == "" || strings.HasSuffix(name, "/"+wanted)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	token := r.URL.Query().Get("continue")
	if token != "" && w.expire > 0 {
		w.expire--
		w.mu.Unlock()
		refuse(rw, http.StatusGone, metav1.StatusReasonExpired, "too old", token+"0")
		return
	}
	from, _ := strconv.Atoi(strings.TrimSuffix(token, "0"))
	meta := map[string]any{"resourceVersion": strconv.Itoa(w.version)}
	to := min(from+w.pageSize, len(names))
	if to < len(names) {
		meta["continue"] = strconv.Itoa(to)
	}
	items := []json.RawMessage{}
	for _, name := range names[min(from, to):to] {
		items = append(items, json.RawMessage(w.objects[path][name]))
	}
	onList := w.onList
	w.mu.Unlock()
	_ = json.NewEncoder(rw).Encode(map[string]any{"metadata": meta, "items": items})
	if onList != nil {
		onList(path)
	}
}

func (w *world) watch(rw http.ResponseWriter, r *http.Request, path string) {
	from, _ := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	w.mu.Lock()
	cut, compacted := w.cut, w.compacted
	w.mu.Unlock()
	if from < compacted {
		_, _ = fmt.Fprintf(rw, `{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}}`)
		return
	}
	rw.WriteHeader(http.StatusOK)
	for {
		w.mu.Lock()
		moved := w.moved
		for _, c := range w.history {
			if c.version > from && c.path == path {
				_, _ = fmt.Fprintf(rw, `{"type":%q,"object":%s}`+"\n", c.kind, c.object)
			}
		}
		from = w.version
		w.mu.Unlock()
		rw.(http.Flusher).Flush()
		select {
		case <-moved:
		case <-cut:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// shopWorld is the shop, with a Guardrail in the cluster.
func shopWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld()
	for path, objects := range shop().objects {
		for _, object := range objects {
			w.set(strings.TrimPrefix(path, "/"), object)
		}
	}
	w.set("apis/taffrail.dev/v1alpha1/guardrails", latestStored("Deny"))
	return w
}

func latestStored(action string) string {
	return fmt.Sprintf(`{"metadata":{"name":"ours","uid":"ours","generation":%d},"spec":{"validators":[{"name":"image-latest-tag","action":%q}]}}`, action[0], action)
}
