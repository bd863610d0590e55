package workload

import (
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	kjson "sigs.k8s.io/json"
)

// requestFor is a request to create an object of the kind that it says it is.
func requestFor(tb testing.TB, doc string) *admissionv1.AdmissionRequest {
	tb.Helper()
	var meta metav1.TypeMeta
	require.NoError(tb, kjson.UnmarshalCaseSensitivePreserveInts([]byte(doc), &meta))
	gvk := meta.GroupVersionKind()
	resource, _ := ResourceFor(gvk)
	return &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create,
		Kind:      metav1.GroupVersionKind(gvk),
		Resource:  metav1.GroupVersionResource(resource),
		Object:    runtime.RawExtension{Raw: []byte(doc)},
	}
}

func reviewOf(tb testing.TB, doc string) *Review {
	tb.Helper()
	r, err := NewReview(requestFor(tb, doc))
	require.NoError(tb, err)
	return r
}

func TestPodIn(t *testing.T) {
	const pod = `{"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}}`
	for kind, at := range map[string]struct{ doc, path string }{
		"Pod":                   {`{"apiVersion": "v1", "kind": "Pod", ` + pod[1:], ""},
		"PodTemplate":           {`{"apiVersion": "v1", "kind": "PodTemplate", "template": ` + pod + `}`, "template"},
		"ReplicationController": {`{"apiVersion": "v1", "kind": "ReplicationController", "spec": {"template": ` + pod + `}}`, "spec.template"},
		"Deployment":            {`{"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": ` + pod + `}}`, "spec.template"},
		"ReplicaSet":            {`{"apiVersion": "apps/v1", "kind": "ReplicaSet", "spec": {"template": ` + pod + `}}`, "spec.template"},
		"StatefulSet":           {`{"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {"template": ` + pod + `}}`, "spec.template"},
		"DaemonSet":             {`{"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": {"template": ` + pod + `}}`, "spec.template"},
		"Job":                   {`{"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": ` + pod + `}}`, "spec.template"},
		"CronJob":               {`{"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": ` + pod + `}}}}`, "spec.jobTemplate.spec.template"},
	} {
		t.Run(kind, func(t *testing.T) {
			r := reviewOf(t, at.doc)
			require.NotNil(t, r.Pod)
			assert.Equal(t, at.path, r.Pod.Path.String())
			assert.Equal(t, at.path != "", r.Pod.IsTemplate())
			assert.Equal(t, "web", r.Pod.Meta.Labels["app"])
			for c := range r.Pod.Containers() {
				assert.Equal(t, "web", c.Name)
				assert.True(t, (&source{doc: []byte(at.doc)}).holds(c.Path().Child("name")), "the path leads to the container")
			}
		})
	}
}

func TestNoPodIn(t *testing.T) {
	for _, doc := range []string{
		`{"apiVersion": "v1", "kind": "Service"}`,
		`{"apiVersion": "v1", "kind": "Namespace"}`,
		`{"apiVersion": "v1", "kind": "ReplicationController", "spec": {}}`,
		`{"apiVersion": "example.com/v1", "kind": "Pod", "spec": {"containers": [{"name": "web"}]}}`,
	} {
		assert.Nil(t, reviewOf(t, doc).Pod, doc)
	}
}

// Every kind that is known is decoded into its own type, and served under the
// resource that the API calls it by.
func TestKinds(t *testing.T) {
	assert.Len(t, Kinds(), len(kinds))
	for _, gvk := range Kinds() {
		t.Run(gvk.String(), func(t *testing.T) {
			doc := fmt.Sprintf(`{"apiVersion": %q, "kind": %q}`, gvk.GroupVersion().String(), gvk.Kind)
			object := reviewOf(t, doc).Object
			assert.Equal(t, gvk, object.GetObjectKind().GroupVersionKind())
			assert.IsNotType(t, &unstructured.Unstructured{}, object)

			resource, namespaced := ResourceFor(gvk)
			clusterScoped := []string{"ClusterRole", "ClusterRoleBinding", "Namespace", "Node", "PersistentVolume"}
			assert.Equal(t, !slices.Contains(clusterScoped, gvk.Kind), namespaced)
			guessed, _ := meta.UnsafeGuessKindToResource(gvk)
			if gvk.Kind == "Endpoints" {
				guessed.Resource = "endpoints" // the one plural among the kinds
			}
			assert.Equal(t, guessed, resource)
		})
	}
}

func TestUnknownKindsStayUnstructured(t *testing.T) {
	r := reviewOf(t, `{"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}}`)
	require.IsType(t, &unstructured.Unstructured{}, r.Object)
	assert.Equal(t, "w", r.Object.GetName())
	assert.Equal(t, "widgets.example.com", r.GroupResource())
}

// An object that could be evaluated as one thing and stored as another is refused.
func TestNewReviewRefuses(t *testing.T) {
	pod := `{"apiVersion": "v1", "kind": "Pod", "spec": {}}`
	for name, tc := range map[string]struct{ object, want string }{
		"another kind":      {`{"apiVersion": "v1", "kind": "Service"}`, "request.object: the object says it is a Service of v1, the request says it is a Pod of v1"},
		"another version":   {`{"apiVersion": "v2", "kind": "Pod"}`, "request.object: the object says it is a Pod of v2, the request says it is a Pod of v1"},
		"no kind":           {`{}`, "request.object: the object says it is of no kind, the request says it is a Pod of v1"},
		"a name twice":      {`{"apiVersion": "v1", "kind": "Pod", "spec": {"hostPID": true, "hostPID": false}}`, "request.object: decoding a Pod: spec.hostPID: must not be there twice"},
		"a map's key twice": {`{"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": "1", "\u0061": "2"}}}`, "request.object: decoding a Pod: metadata.labels.a: must not be there twice"},
		"an unknown twice":  {`{"apiVersion": "v1", "kind": "Pod", "future": {"a": 1, "a": 2}}`, "request.object: decoding a Pod: future.a: must not be there twice"},
		"invalid UTF-8":     {"{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"\xff\"}}", "invalid UTF-8"},
		"another type":      {`{"apiVersion": "v1", "kind": "Pod", "spec": []}`, "decoding a Pod"},
		"half of it":        {`{"apiVersion": "v1", "kind": "Pod"`, "decoding a Pod"},
		"more than one":     {pod + pod, "decoding a Pod"},
		"no object":         {`"Pod"`, "decoding a Pod"},
	} {
		t.Run(name, func(t *testing.T) {
			request := requestFor(t, pod)
			request.Object.Raw = []byte(tc.object)
			_, err := NewReview(request)
			require.ErrorContains(t, err, tc.want)

			request = requestFor(t, pod)
			request.OldObject.Raw = []byte(tc.object)
			_, err = NewReview(request)
			require.ErrorContains(t, err, "request.oldObject: ")
		})
	}
}

// As in Kubernetes, names are told apart by case: SPEC is no spec.
func TestNamesAreCaseSensitive(t *testing.T) {
	r := reviewOf(t, `{"apiVersion": "v1", "kind": "Pod", "SPEC": {"hostPID": true}, "spec": {"HostIPC": true}}`)
	assert.False(t, r.Pod.Spec.HostPID)
	assert.False(t, r.Pod.Spec.HostIPC)
}
