package guardrail

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/workload"
)

const severalMatches = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: by-labels}
spec:
  match: {namespaceSelector: {matchLabels: {environment: production}, matchExpressions: [{key: sandbox, operator: DoesNotExist}]}}
  validators: [{name: service-external-ips}]
---
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: by-name}
spec:
  match: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  validators: [{name: service-external-ips}]
---
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: by-object}
spec:
  match: {objectSelector: {matchLabels: {public: "true"}}}
  validators: [{name: service-external-ips}]
---
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: by-condition}
spec:
  match: {matchConditions: [{name: named, expression: "request.name == 'other'"}]}
  validators: [{name: service-external-ips}]
---
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: of-pods}
spec: {validators: [{name: image-latest-tag}]}
`

func serviceIn(t *testing.T, namespace string) *workload.Review {
	t.Helper()
	review, err := workload.NewReview(&admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Namespace: namespace, Name: "web",
		Kind:     metav1.GroupVersionKind{Version: "v1", Kind: "Service"},
		Resource: metav1.GroupVersionResource{Version: "v1", Resource: "services"},
		Object:   runtime.RawExtension{Raw: []byte(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"}}`)},
	})
	require.NoError(t, err)
	return review
}

func TestCoverageSaysWhyAnObjectIsNotEvaluated(t *testing.T) {
	objects, err := Parse("several", []byte(severalMatches))
	require.NoError(t, err)
	lookUp := func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"sandbox": "yes"}}}, nil
	}
	set, err := Compile(objects, Options{Cluster: workload.Cluster{Namespace: lookUp}})
	require.NoError(t, err)
	assert.Equal(t, Coverage{Not: []NotMatched{
		{"by-condition", "its matchConditions do not hold"},
		{"by-labels", "Namespace shop lacks environment=production and does not match !sandbox"},
		{"by-name", "Namespace shop lacks kubernetes.io/metadata.name=shop"},
		{"by-object", "the object lacks public=true"},
	}}, set.Coverage(t.Context(), serviceIn(t, "shop")))
}

// Of a Namespace that is not among the inputs the name is known: it decides what it can, and the
// rest is taken to match.
func TestTheNameOfAnUnknownNamespaceDecides(t *testing.T) {
	objects, err := Parse("several", []byte(severalMatches))
	require.NoError(t, err)
	nobody := func(context.Context, string) (*metav1.PartialObjectMetadata, error) { return nil, nil }
	set, err := Compile(objects, Options{Cluster: workload.Cluster{Namespace: nobody}})
	require.NoError(t, err)
	assert.Equal(t, []string{"by-labels", "by-name"}, set.Coverage(t.Context(), serviceIn(t, "shop")).By)
	assert.Equal(t, []string{"by-labels"}, set.Coverage(t.Context(), serviceIn(t, "bank")).By)
	assert.Equal(t, []Assumption{{"by-labels", "environment=production,!sandbox"}}, set.Assumed("shop"))
}
