package apitest

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json" // whole numbers stay whole
	"k8s.io/apimachinery/pkg/watch"
)

// do answers a request about one object. The server is locked.
func (s *Server) do(r *http.Request, at target, body []byte) (*unstructured.Unstructured, error) {
	whole := at
	whole.subresource = ""
	before, found := s.objects[whole]
	apply := r.Header.Get("Content-Type") == string(types.ApplyPatchType)
	switch {
	case r.Method == http.MethodPost:
		return s.create(at, body, r)
	case !found && (r.Method != http.MethodPatch || !apply):
		return nil, apierrors.NewNotFound(at.GroupResource(), at.name)
	case r.Method == http.MethodGet:
		return before, nil
	case r.Method == http.MethodDelete:
		return s.delete(whole, body)
	}
	if !found {
		before = &unstructured.Unstructured{Object: map[string]any{}}
	}
	after, err := changed(r, before, body)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return s.replace(at, before, after)
}

func (s *Server) create(at target, body []byte, r *http.Request) (*unstructured.Unstructured, error) {
	u := &unstructured.Unstructured{}
	if err := json.Unmarshal(body, &u.Object); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if u.GetName() == "" {
		u.SetName(u.GetGenerateName() + strconv.Itoa(s.version))
	}
	at.name = u.GetName()
	if _, found := s.objects[at]; found {
		return nil, apierrors.NewAlreadyExists(at.GroupResource(), at.name)
	}
	if r.URL.Query().Get("dryRun") == "" {
		s.store(at, u)
	}
	return u, nil
}

// changed is an object as a request would have it.
func changed(r *http.Request, before *unstructured.Unstructured, body []byte) (*unstructured.Unstructured, error) {
	was, err := json.Marshal(before.Object)
	if err != nil {
		return nil, err
	}
	after := &unstructured.Unstructured{}
	switch kind := r.Header.Get("Content-Type"); types.PatchType(kind) {
	case types.MergePatchType:
		body, err = jsonpatch.MergePatch(was, body)
	case types.JSONPatchType:
		var patch jsonpatch.Patch
		if patch, err = jsonpatch.DecodePatch(body); err == nil {
			body, err = patch.Apply(was)
		}
	case types.ApplyPatchType:
		after = before.DeepCopy()
		var patch map[string]any
		err = json.Unmarshal(body, &patch)
		apply(after.Object, patch)
		return after, err
	default:
		if r.Method != http.MethodPut {
			err = fmt.Errorf("a patch of type %q", kind)
		}
	}
	return after, errors.Join(err, json.Unmarshal(body, &after.Object))
}

// apply writes what a patch has into an object, as one who forces it, and takes nothing out that
// others have added. Lists are merged by name where their items have one.
func apply(into, patch map[string]any) {
	for key, want := range patch {
		switch want := want.(type) {
		case map[string]any:
			is, ok := into[key].(map[string]any)
			if !ok {
				is = map[string]any{}
			}
			apply(is, want)
			into[key] = is
		case []any:
			is, _ := into[key].([]any)
			into[key] = applyList(is, want)
		case nil: // such as a creationTimestamp
		default:
			into[key] = want
		}
	}
}

func applyList(is, want []any) []any {
	for _, item := range want {
		named, ok := item.(map[string]any)
		if !ok || named["name"] == nil {
			return want
		}
		found := false
		for _, other := range is {
			if other, ok := other.(map[string]any); ok && other["name"] == named["name"] {
				apply(other, named)
				found = true
			}
		}
		if !found {
			is = append(is, item)
		}
	}
	return is
}

// replace stores an object in the place of the one before, unless that is another than was meant.
func (s *Server) replace(at target, before, after *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if is := before.GetResourceVersion(); after.GetResourceVersion() != is && after.GetResourceVersion() != "" || before.GetUID() != "" && after.GetUID() != before.GetUID() && after.GetUID() != "" {
		return nil, conflict(at, "the object has been modified; please apply your changes to the latest version and try again")
	}
	if at.subresource == "status" {
		status := after.Object["status"]
		after = before.DeepCopy()
		after.Object["status"] = status
	} else if before.GetUID() != "" {
		after.SetUID(before.GetUID())
	}
	after.SetResourceVersion(before.GetResourceVersion())
	if reflect.DeepEqual(before.Object, after.Object) {
		return before, nil // which is no change, and told to nobody
	}
	if at.subresource == "" && !reflect.DeepEqual(before.Object["spec"], after.Object["spec"]) {
		after.SetGeneration(before.GetGeneration() + 1)
	}
	at.subresource = ""
	s.store(at, after)
	return after, nil
}

func (s *Server) delete(at target, body []byte) (*unstructured.Unstructured, error) {
	var options metav1.DeleteOptions
	if len(body) > 0 && json.Unmarshal(body, &options) != nil {
		return nil, apierrors.NewBadRequest("no DeleteOptions")
	}
	u := s.objects[at]
	if p := options.Preconditions; p != nil {
		if p.UID != nil && *p.UID != u.GetUID() || p.ResourceVersion != nil && *p.ResourceVersion != u.GetResourceVersion() {
			return nil, conflict(at, "Precondition failed")
		}
	}
	s.remove(at)
	return u, nil
}

func conflict(at target, why string) error {
	return apierrors.NewConflict(at.GroupResource(), at.name, errors.New(why))
}

// store keeps an object of which nobody else has a part, with a new version.
func (s *Server) store(at target, u *unstructured.Unstructured) {
	s.version++
	kind := watch.Modified
	if s.objects[at] == nil {
		kind = watch.Added
	}
	if u.GetUID() == "" {
		u.SetUID(types.UID("uid-" + strconv.Itoa(s.version)))
	}
	if u.GetGeneration() == 0 {
		u.SetGeneration(1)
	}
	u.SetResourceVersion(strconv.Itoa(s.version))
	s.objects[at] = u
	s.tell(change{s.version, kind, at, u})
}

func (s *Server) remove(at target) {
	u, found := s.objects[at]
	if !found {
		return
	}
	s.version++
	delete(s.objects, at)
	last := u.DeepCopy()
	last.SetResourceVersion(strconv.Itoa(s.version))
	s.tell(change{s.version, watch.Deleted, at, last})
}
