package guardrail

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/workload"
)

const batchOnly = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: batch-only}
spec:
  match: {objectSelector: {matchLabels: {tier: batch}}}
  validators: [{name: min-replicas}, {name: node-selection}]
`

// A Scale and a Binding do not carry the object that an objectSelector is about.
func TestAnObjectSelectorGoesByWhatASubresourceTells(t *testing.T) {
	objects, err := Parse("batch-only", []byte(batchOnly))
	require.NoError(t, err)
	set, err := Compile(objects, Options{})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		resource, subresource, object string
		found                         int
	}{
		"a Scale of Pods that are selected": {
			"deployments", "scale", `{"apiVersion":"autoscaling/v1","kind":"Scale","spec":{"replicas":1},"status":{"selector":"app=web,tier=batch"}}`, 1,
		},
		"a Scale of others": {
			"deployments", "scale", `{"apiVersion":"autoscaling/v1","kind":"Scale","spec":{"replicas":1},"status":{"selector":"app=web"}}`, 0,
		},
		"a Scale whose selector is no list of labels": {
			"deployments", "scale", `{"apiVersion":"autoscaling/v1","kind":"Scale","spec":{"replicas":1},"status":{"selector":"app in (a,b)"}}`, 1,
		},
		"a Binding, of whose Pod nothing is known": {
			"pods", "binding", `{"apiVersion":"v1","kind":"Binding","metadata":{"name":"web"},"target":{"kind":"Node","name":"n"}}`, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var kind metav1.TypeMeta
			require.NoError(t, json.Unmarshal([]byte(test.object), &kind))
			gvk := kind.GroupVersionKind()
			request := &admissionv1.AdmissionRequest{
				Kind: metav1.GroupVersionKind(gvk), SubResource: test.subresource, Name: "web", Namespace: "shop",
				Resource:  metav1.GroupVersionResource{Group: map[string]string{"deployments": "apps"}[test.resource], Version: "v1", Resource: test.resource},
				Operation: map[string]admissionv1.Operation{"scale": admissionv1.Update, "binding": admissionv1.Create}[test.subresource],
				Object:    runtime.RawExtension{Raw: []byte(test.object)},
			}
			review, err := workload.NewReview(request)
			require.NoError(t, err)
			decision, err := set.Validate(t.Context(), review)
			require.NoError(t, err)
			assert.Len(t, decision.Findings, test.found)
		})
	}
}
