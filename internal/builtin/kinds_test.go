package builtin

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMisnamed(t *testing.T) {
	for _, tc := range []struct{ apiVersion, kind, want string }{
		{"v1", "Deployment", `apiVersion: Invalid value: "v1": must be the one that Deployment has; did you mean apiVersion: apps/v1, kind: Deployment?`},
		{"apps/v1", "Pod", `apiVersion: Invalid value: "apps/v1": must be the one that Pod has; did you mean apiVersion: v1, kind: Pod?`},
		{"apps/v1", "Deploymant", `kind: Invalid value: "Deploymant": must be a kind of apps/v1; did you mean apiVersion: apps/v1, kind: Deployment?`},
		{"v1", "pod", `kind: Invalid value: "pod": must be a kind of v1; did you mean apiVersion: v1, kind: Pod?`},
		{"v1", "Pods", `kind: Invalid value: "Pods": must be a kind of v1; did you mean apiVersion: v1, kind: Pod?`},
		{"v1", "Deploiment", `kind: Invalid value: "Deploiment": must be a kind of v1; did you mean apiVersion: apps/v1, kind: Deployment?`},
		{"apps/v2", "Deployment", `apiVersion: Invalid value: "apps/v2": must be a version that Deployment has; did you mean apiVersion: apps/v1, kind: Deployment?`},
		{"batch/v1beta3", "CronJob", `apiVersion: Invalid value: "batch/v1beta3": must be a version that CronJob has; did you mean apiVersion: batch/v1, kind: CronJob?`},
		{"extensions/v1", "Ingress", `apiVersion: Invalid value: "extensions/v1": must be a version that Ingress has; did you mean apiVersion: networking.k8s.io/v1, kind: Ingress?`},
		{"app/v1", "Deployment", `apiVersion: Invalid value: "app/v1": must be the one that Deployment has; did you mean apiVersion: apps/v1, kind: Deployment?`},
		{"apps/v1/Deployment", "Deployment", `apiVersion: Invalid value: "apps/v1/Deployment": must be VERSION or GROUP/VERSION; did you mean apiVersion: apps/v1, kind: Deployment?`},
		{"autoscaling/v1", "VerticalPodAutoscaler", `apiVersion: Invalid value: "autoscaling/v1": must be the one that VerticalPodAutoscaler has; did you mean apiVersion: autoscaling.k8s.io/v1, kind: VerticalPodAutoscaler?`},
		{"v1", "Route", `apiVersion: Invalid value: "v1": must be the one that Route has; did you mean apiVersion: route.openshift.io/v1, kind: Route?`},
		{"v1", "SomethingElseEntirely", `kind: Invalid value: "SomethingElseEntirely": must be a kind of v1`},
	} {
		mistake := Misnamed(tc.apiVersion, tc.kind)
		if assert.NotNil(t, mistake, "%s %s", tc.apiVersion, tc.kind) {
			assert.Equal(t, tc.want, mistake.Error())
		}
	}
}

// What a cluster has served, what others define and what clients read is no mistake.
func TestNotMisnamed(t *testing.T) {
	for _, tc := range []struct{ apiVersion, kind string }{
		{"apps/v1", "Deployment"},
		{"apps/v1beta1", "Deployment"},
		{"extensions/v1beta1", "Ingress"},
		{"extensions/v1beta1", "PodSecurityPolicy"},
		{"policy/v1beta1", "PodSecurityPolicy"},
		{"batch/v2alpha1", "CronJob"},
		{"autoscaling/v2beta1", "HorizontalPodAutoscaler"},
		{"apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"},
		{"apiregistration.k8s.io/v1", "APIService"},
		{"resource.k8s.io/v1alpha2", "ResourceClass"},
		{"v1beta3", "Pod"},
		{"v1", "Config"},
		{"kustomize.config.k8s.io/v1beta1", "Kustomization"},
		{"kustomize.config.k8s.io/v1alpha1", "Component"},
		{"gateway.networking.k8s.io/v1", "HTTPRoute"},
		{"policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"},
		{"snapshot.storage.k8s.io/v1", "VolumeSnapshot"},
		{"autoscaling.k8s.io/v1", "VerticalPodAutoscaler"},
		{"metrics.k8s.io/v1beta1", "PodMetrics"},
		{"cluster.x-k8s.io/v1beta1", "Cluster"},
		{"kubeadm.k8s.io/v1beta4", "ClusterConfiguration"},
		{"skaffold/v4beta6", "Config"},
		{"serving.knative.dev/v1", "Service"},
		{"networking.istio.io/v1", "Gateway"},
		{"example.com/v1", "Deployment"},
	} {
		assert.Nil(t, Misnamed(tc.apiVersion, tc.kind), "%s %s", tc.apiVersion, tc.kind)
	}
}

// Every kind that Kubernetes has is one that it has: the types and the table agree.
func TestEveryKindIsNamedRight(t *testing.T) {
	require.NotEmpty(t, kinds())
	for _, list := range kinds() {
		for _, gvk := range list {
			assert.Nil(t, Misnamed(gvk.GroupVersion().String(), gvk.Kind), gvk)
		}
	}
}

// What is named in place of a mistake is none itself.
func TestOthersAreNotMisnamed(t *testing.T) {
	for kind, gv := range others {
		assert.Nil(t, Misnamed(gv.String(), kind))
		assert.Empty(t, of(kind), "Kubernetes has none of that name")
	}
}

func TestTheSchemaPageFitsATerminal(t *testing.T) {
	for line := range strings.Lines(SchemaPage) {
		assert.LessOrEqual(t, len(line), 81, line)
	}
}
