package workload

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// TestIsWindows: a Pod is one of Windows by every way to ask for such nodes, and by no way that
// leaves another node to run on, where Linux's rules would be passed by.
func TestIsWindows(t *testing.T) {
	terms := func(terms string) string {
		return `{"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [` + terms + `]}}}}`
	}
	const windows = `{"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["windows"]}]}`
	for spec, want := range map[string]bool{
		`{}`:                          false,
		`{"os": {"name": "windows"}}`: true,
		`{"os": {"name": "linux"}}`:   false,
		`{"nodeSelector": {"kubernetes.io/os": "windows"}}`:                          true,
		`{"nodeSelector": {"beta.kubernetes.io/os": "windows"}}`:                     true,
		`{"nodeSelector": {"node.kubernetes.io/windows-build": "10.0.20348"}}`:       true,
		`{"nodeSelector": {"kubernetes.io/os": "linux"}}`:                            false,
		`{"os": {"name": "linux"}, "nodeSelector": {"kubernetes.io/os": "windows"}}`: false, // the API server goes by the first alone
		terms(windows):                 true,
		terms(windows + `,` + windows): true,
		terms(`{"matchExpressions": [{"key": "beta.kubernetes.io/os", "operator": "In", "values": ["windows"]}]}`):                                   true,
		terms(`{"matchExpressions": [{"key": "kubernetes.io/os", "operator": "NotIn", "values": ["linux"]}]}`):                                       true,
		terms(`{"matchExpressions": [{"key": "node.kubernetes.io/windows-build", "operator": "Exists"}]}`):                                           true,
		terms(`{"matchExpressions": [{"key": "pool", "operator": "Exists"}, {"key": "kubernetes.io/os", "operator": "In", "values": ["windows"]}]}`): true,
		terms(windows + `,{"matchExpressions": [{"key": "pool", "operator": "Exists"}]}`):                                                            false,
		terms(windows + `,{}`): false,
		terms(``):              false,
		terms(`{"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["windows", "linux"]}]}`):                        false,
		terms(`{"matchExpressions": [{"key": "kubernetes.io/os", "operator": "NotIn", "values": ["windows"]}]}`):                              false,
		terms(`{"matchExpressions": [{"key": "node.kubernetes.io/windows-build", "operator": "DoesNotExist"}]}`):                              false,
		`{"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": ` + windows + `}]}}}`: false,
		`{"securityContext": {"windowsOptions": {"runAsUserName": "ContainerUser"}}}`:                                                         false,
		`{"tolerations": [{"key": "os", "value": "windows"}]}`:                                                                                false,
	} {
		pod := Pod{Spec: &corev1.PodSpec{}}
		require.NoError(t, json.Unmarshal([]byte(spec), pod.Spec))
		assert.Equal(t, want, pod.IsWindows(), spec)
	}
}
