package validators

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
)

// TestContainersRequest: quantities beyond 64 bits are pointers, and to add to
// one of the Pod's would change the Pod.
func TestContainersRequest(t *testing.T) {
	r := reviewOf(t, []byte(`{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {
		"initContainers": [
			{"name": "proxy", "restartPolicy": "Always", "resources": {"requests": {"memory": "200000000000000000000"}}},
			{"name": "migrate", "resources": {"requests": {"memory": "300000000000000000000"}}},
			{"name": "mesh", "restartPolicy": "Always", "resources": {"requests": {"memory": "100000000000000000000"}}}
		],
		"containers": [{"name": "web", "resources": {"limits": {"memory": "100000000000000000000"}}}]
	}}`), nil, nil)
	for range 2 {
		request, found := containersRequest(r.Pod, corev1.ResourceMemory)
		assert.True(t, found)
		assert.Equal(t, "500E", request.String(), "migrate beside proxy")
	}
	_, found := containersRequest(r.Pod, corev1.ResourceCPU)
	assert.False(t, found)
}
