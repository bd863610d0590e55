package guardrail

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/workload"
)

const foreignTemplate = `
metadata: {labels: {app: web}}
spec:
  hostNetwork: true
  volumes: [{name: root, hostPath: {path: /}}]
  containers:
  - {name: web, image: nginx, securityContext: {privileged: true}}
`

// The template in a kind of another system gets the verdict that it has in a Deployment, defaults
// before it included.
func TestForeignTemplatesAreEvaluatedLikeThoseOfDeployments(t *testing.T) {
	set, err := Compile(Default(), Options{})
	require.NoError(t, err)
	deployment := schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	want := findingsIn(t, set, deployment, []string{"spec", "template"})
	require.NotEmpty(t, want)
	for _, f := range workload.ForeignKinds() {
		for _, path := range f.Templates {
			assert.Equal(t, want, findingsIn(t, set, f.WithVersion("v1"), path), f.Kind)
		}
	}
}

// findingsIn are what is found in an object, by their place in the template.
func findingsIn(t *testing.T, set *Set, gvk schema.GroupVersionKind, path []string) (found []string) {
	t.Helper()
	var template map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(foreignTemplate), &template))
	object := map[string]any{"apiVersion": gvk.GroupVersion().String(), "kind": gvk.Kind, "metadata": map[string]any{"name": "web"}}
	require.NoError(t, unstructured.SetNestedMap(object, template, path...))
	raw, err := json.Marshal(object)
	require.NoError(t, err)
	resource, _ := workload.ResourceFor(gvk)
	review, err := workload.NewReview(&admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Namespace: "shop", Name: "web",
		Kind: metav1.GroupVersionKind(gvk), Resource: metav1.GroupVersionResource(resource), Object: runtime.RawExtension{Raw: raw},
	})
	require.NoError(t, err)
	decision, err := set.Validate(t.Context(), review)
	require.NoError(t, err)
	at := (*workload.Path)(nil).Child(path...).String()
	for _, f := range decision.Findings {
		require.Contains(t, f.Path.String(), at+".")
		found = append(found, fmt.Sprintf("%s %s: %s", f.Action, f.Validator, f.Path.String()[len(at):]))
	}
	return found
}
