package admission

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/workload"
)

// What a former version holds is evaluated, and deprecated-api still sees which one was written.
func TestFormerVersionsAreEvaluatedAsTheCurrentOne(t *testing.T) {
	for former, current := range map[schema.GroupVersion]map[string]string{
		{Group: "extensions", Version: "v1beta1"}: {
			"DaemonSet": "apps/v1", "Deployment": "apps/v1", "ReplicaSet": "apps/v1", "Ingress": "networking.k8s.io/v1",
			"NetworkPolicy": "networking.k8s.io/v1", "Job": "batch/v1", "HorizontalPodAutoscaler": "autoscaling/v2",
		},
		{Group: "apps", Version: "v1beta1"}:                          {"Deployment": "apps/v1", "StatefulSet": "apps/v1"},
		{Group: "apps", Version: "v1beta2"}:                          {"DaemonSet": "apps/v1", "Deployment": "apps/v1", "ReplicaSet": "apps/v1", "StatefulSet": "apps/v1"},
		{Group: "batch", Version: "v1beta1"}:                         {"CronJob": "batch/v1"},
		{Group: "batch", Version: "v2alpha1"}:                        {"CronJob": "batch/v1"},
		{Group: "autoscaling", Version: "v2beta2"}:                   {"HorizontalPodAutoscaler": "autoscaling/v2"},
		{Group: "networking.k8s.io", Version: "v1beta1"}:             {"Ingress": "networking.k8s.io/v1"},
		{Group: "policy", Version: "v1beta1"}:                        {"PodDisruptionBudget": "policy/v1"},
		{Group: "discovery.k8s.io", Version: "v1beta1"}:              {"EndpointSlice": "discovery.k8s.io/v1"},
		{Group: "rbac.authorization.k8s.io", Version: "v1alpha1"}:    {"Role": "rbac.authorization.k8s.io/v1"},
		{Version: "v1beta3"}:                                         {"Pod": "v1", "Service": "v1"},
		{Group: "autoscaling", Version: "v1"}:                        {"HorizontalPodAutoscaler": "autoscaling/v1"},
		{Group: "policy", Version: "v1alpha1"}:                       {"Eviction": "policy/v1alpha1"},
		{Group: "example.com", Version: "v1beta1"}:                   {"Deployment": "example.com/v1beta1"},
		{Group: "gateway.networking.k8s.io", Version: "v1beta1"}:     {"HTTPRoute": "gateway.networking.k8s.io/v1beta1"},
		{Group: "admissionregistration.k8s.io", Version: "v1alpha1"}: {"InitializerConfiguration": "admissionregistration.k8s.io/v1alpha1"},
	} {
		for kind, want := range current {
			request := &admissionv1.AdmissionRequest{
				Operation: admissionv1.Create, Kind: metav1.GroupVersionKind(former.WithKind(kind)),
				Object: runtime.RawExtension{Raw: fmt.Appendf(nil, `{"apiVersion":%q,"kind":%q,"metadata":{"name":"a"}}`, former, kind)},
			}
			modernize(request)
			review, err := workload.NewReview(request)
			require.NoError(t, err, "%s %s", former, kind)
			assert.Equal(t, want, review.Kind.GroupVersion().String(), "%s %s", former, kind)
			assert.Equal(t, former.WithKind(kind), review.RequestKind)
		}
	}
}
