package workload

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// foreignObject is one of a foreign kind with a template in a place.
func foreignObject(tb testing.TB, f Foreign, path []string, template any) *admissionv1.AdmissionRequest {
	tb.Helper()
	object := map[string]any{"apiVersion": f.Group + "/v9", "kind": f.Kind, "metadata": map[string]any{"name": "web"}}
	require.NoError(tb, unstructured.SetNestedField(object, template, path...))
	raw, err := json.Marshal(object)
	require.NoError(tb, err)
	gvk := f.WithVersion("v9")
	resource, _ := ResourceFor(gvk)
	return &admissionv1.AdmissionRequest{
		Operation: admissionv1.Update, Kind: metav1.GroupVersionKind(gvk), Resource: metav1.GroupVersionResource(resource),
		Object: runtime.RawExtension{Raw: raw}, OldObject: runtime.RawExtension{Raw: raw},
	}
}

// Every kind of the table holds a Pod, in every version and in every place that it may be in.
func TestForeignKindsHoldAPod(t *testing.T) {
	template := map[string]any{
		"metadata": map[string]any{"labels": map[string]any{"app": "web"}},
		"spec": map[string]any{"containers": []any{map[string]any{
			"name": "web", "notYetInvented": int64(1),
			"resources": map[string]any{"limits": map[string]any{"cpu": int64(2)}},
		}}},
	}
	for _, f := range ForeignKinds() {
		resource, _ := ResourceFor(f.WithVersion("v9"))
		assert.Equal(t, f.Resource, resource.Resource, "what check takes for the resource is what a webhook has a rule for")
		for _, path := range f.Templates {
			r, err := NewReview(foreignObject(t, f, path, template))
			require.NoError(t, err, f)
			for _, r := range []*Review{r, r.Old()} {
				require.NotNil(t, r.Pod, f)
				assert.True(t, r.Pod.IsTemplate())
				assert.Equal(t, (*Path)(nil).Child(path...).String(), r.Pod.Path.String())
				assert.Equal(t, "web", r.Pod.Meta.Labels["app"])
				assert.Equal(t, "2", r.Pod.Spec.Containers[0].Resources.Limits.Cpu().String())
			}
		}
	}
}

func TestForeignKindsWithoutATemplate(t *testing.T) {
	f := Foreign{}
	f.Group, f.Kind = "argoproj.io", "Rollout"
	r, err := NewReview(foreignObject(t, f, []string{"spec", "workloadRef"}, map[string]any{"kind": "Deployment"}))
	require.NoError(t, err)
	assert.Nil(t, r.Pod)
	f.Kind = "Application"
	r, err = NewReview(foreignObject(t, f, []string{"spec", "template"}, map[string]any{}))
	require.NoError(t, err)
	assert.Nil(t, r.Pod)
}

// What cannot be evaluated is not let pass.
func TestAForeignTemplateThatIsNoneIsRefused(t *testing.T) {
	f := Foreign{}
	f.Group, f.Kind = "argoproj.io", "Rollout"
	for _, template := range []any{"text", map[string]any{"spec": []any{}}, map[string]any{"spec": map[string]any{"containers": "none"}}} {
		_, err := NewReview(foreignObject(t, f, []string{"spec", "template"}, template))
		require.ErrorContains(t, err, "decoding a Rollout: spec.template: must be")
	}
}
