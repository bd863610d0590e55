//go:build e2e

package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

func TestAPodComesBackWithTheDefaults(t *testing.T) {
	parallel(t)
	installWebhooks(t, startTaffrail(t, options{}))
	namespace := cluster(t).namespace(t)
	cluster(t).kubectl(t, fixture(t, "pod-metrics.yaml"), "apply", "-n", namespace, "-f", "-").mustSucceed(t)

	pod := get[corev1.Pod](t, namespace, "pod/web")
	require.NotNil(t, pod.Spec.SecurityContext)
	require.NotNil(t, pod.Spec.SecurityContext.SeccompProfile)
	assert.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.Spec.SecurityContext.SeccompProfile.Type)

	web := pod.Spec.Containers[0]
	require.NotNil(t, web.SecurityContext)
	require.NotNil(t, web.SecurityContext.AllowPrivilegeEscalation)
	assert.False(t, *web.SecurityContext.AllowPrivilegeEscalation)
	assert.Equal(t, "100m", web.Resources.Requests.Cpu().String())
	assert.Equal(t, "128Mi", web.Resources.Requests.Memory().String())
	assert.Equal(t, "true", pod.Annotations["prometheus.io/scrape"])
	assert.Equal(t, "9090", pod.Annotations["prometheus.io/port"])

	// What was set is as it was.
	own := pod.Spec.Containers[1]
	assert.True(t, *own.SecurityContext.AllowPrivilegeEscalation)
	assert.Equal(t, corev1.SeccompProfileTypeLocalhost, own.SecurityContext.SeccompProfile.Type)
	assert.Equal(t, "10m", own.Resources.Requests.Cpu().String())
	assert.Equal(t, "16Mi", own.Resources.Requests.Memory().String())
	assert.Equal(t, "/custom", pod.Annotations["prometheus.io/path"])
}

// A template stays as it was written, or whoever applies it again, as GitOps
// does, would fight with the defaults for ever.
func TestATemplateIsLeftAlone(t *testing.T) {
	parallel(t)
	installWebhooks(t, startTaffrail(t, options{}))
	namespace := cluster(t).namespace(t)
	cluster(t).kubectl(t, fixture(t, "deployment.yaml"), "apply", "-n", namespace, "-f", "-").mustSucceed(t)
	template := get[appsv1.Deployment](t, namespace, "deployment/web").Spec.Template
	assert.Empty(t, template.Annotations)
	assert.Empty(t, template.Spec.SecurityContext)
	assert.Nil(t, template.Spec.Containers[0].SecurityContext)
	assert.Empty(t, template.Spec.Containers[0].Resources)
}
