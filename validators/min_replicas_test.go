package validators

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// TestMinReplicasOfScale: kubectl scale is no way around. What comes by the
// subresource is a Scale, which leaves replicas out where there are none.
func TestMinReplicasOfScale(t *testing.T) {
	const scale = `{"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web", "namespace": "shop"}, "spec": {`
	for _, test := range []struct {
		name, params, replicas string
		want                   []string
	}{
		{"enough", "{}", `"replicas": 2`, nil},
		{"one", "{}", `"replicas": 1`, []string{`spec.replicas: Invalid value: 1: must be at least 2`}},
		{"none", "{}", ``, []string{`spec.replicas: Invalid value: 0: must be at least 2`}},
		{"none is allowed", "{allowZero: true}", ``, nil},
		{"too many", "{max: 5}", `"replicas": 6`, []string{`spec.replicas: Invalid value: 6: must be at most 5`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := reviewOf(t, []byte(scale+test.replicas+"}}"), func(r *admissionv1.AdmissionRequest) {
				r.Operation, r.SubResource = admissionv1.Update, "scale"
				r.Resource = metav1.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
			}, nil)
			assert.True(t, named(t, "min-replicas").Resources[0].Matches(r))
			validate, err := construct(t, "min-replicas", test.params)
			require.NoError(t, err)
			assert.Equal(t, test.want, render(validate(r)))
		})
	}
}

// TestScaleIsNoWorkload: other checks that look at Deployments do not look at what scales them.
func TestScaleIsNoWorkload(t *testing.T) {
	r := &workload.Review{
		Operation: admissionv1.Update, Subresource: "scale",
		Kind:     autoscalingv1.SchemeGroupVersion.WithKind("Scale"),
		Resource: named(t, "rolling-update").Resources[0].GroupVersionResource,
	}
	assert.False(t, named(t, "rolling-update").Resources[0].Matches(r))
}
