package guardrail

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// strict asks for more than the default guardrail, which is evaluated beside it.
const strict = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: strict}
spec:
  validators:
  - {name: pod-security, params: {level: restricted}}
`

// The namespace of Taffrail is never matched, so nobody else would tell.
func TestOurOwnDeploymentsAreWhatWeAskOfOthers(t *testing.T) {
	for _, file := range []string{"base/deployment.yaml", "components/audit/deployment.yaml"} {
		t.Run(file, func(t *testing.T) { isWhatWeAskOfOthers(t, deployed(t, file)) })
	}
}

func isWhatWeAskOfOthers(t *testing.T, deployment *appsv1.Deployment) {
	objects, err := Parse("strict", []byte(strict))
	require.NoError(t, err)
	objects.Guardrails = append(objects.Guardrails, Default().Guardrails...)
	set, err := Compile(objects, Options{ExcludedNamespaces: []string{}})
	require.NoError(t, err)

	d, err := set.Validate(t.Context(), created(t, deployment, "deployments"))
	require.NoError(t, err)
	assert.Empty(t, d.Findings, "it does ask the API server, and says so")

	pod := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: *deployment.Spec.Template.ObjectMeta.DeepCopy(),
		Spec:       deployment.Spec.Template.Spec,
	}
	assert.Empty(t, set.Mutate(t.Context(), created(t, pod, "pods")).Patch, "nothing is left to defaults")

	// It was really evaluated: one thing less is found.
	deployment.Spec.Template.Spec.Containers[0].SecurityContext.Capabilities = nil
	d, err = set.Validate(t.Context(), created(t, deployment, "deployments"))
	require.NoError(t, err)
	assert.Len(t, d.With(v1alpha1.Deny), 1)
}

// Both call the API server, and so have a token; nothing else is refused of them.
func TestOurOwnDeploymentsUnderRestricted(t *testing.T) {
	set, err := Compile(Objects{Guardrails: []v1alpha1.Guardrail{readyMade(t)["restricted.yaml"]}}, Options{ExcludedNamespaces: []string{}})
	require.NoError(t, err)
	for _, file := range []string{"base/deployment.yaml", "components/audit/deployment.yaml"} {
		d, err := set.Validate(t.Context(), created(t, deployed(t, file), "deployments"))
		require.NoError(t, err)
		denied := d.With(v1alpha1.Deny)
		require.Len(t, denied, 1, file)
		assert.Equal(t, "automount-service-account-token", denied[0].Validator, file)
	}
}

func deployed(t *testing.T, file string) *appsv1.Deployment {
	t.Helper()
	content, err := os.ReadFile("../deploy/" + file)
	require.NoError(t, err)
	deployment := &appsv1.Deployment{}
	require.NoError(t, yaml.UnmarshalStrict(content, deployment))
	return deployment
}

// created is the review of an object's creation in a namespace like any other.
func created(t *testing.T, object runtime.Object, resource string) *workload.Review {
	t.Helper()
	raw, err := json.Marshal(object)
	require.NoError(t, err)
	gvk := object.GetObjectKind().GroupVersionKind()
	review, err := workload.NewReview(&admissionv1.AdmissionRequest{
		Operation: admissionv1.Create,
		Kind:      metav1.GroupVersionKind(gvk),
		Resource:  metav1.GroupVersionResource(gvk.GroupVersion().WithResource(resource)),
		Namespace: "shop",
		Object:    runtime.RawExtension{Raw: raw},
	})
	require.NoError(t, err)
	return review
}
