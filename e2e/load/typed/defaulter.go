package typed

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
)

// defaulter sets what the default guardrail sets.
type defaulter struct{}

func (defaulter) Default(_ context.Context, pod *corev1.Pod) error {
	if pod.Spec.SecurityContext == nil {
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	if pod.Spec.SecurityContext.SeccompProfile == nil {
		pod.Spec.SecurityContext.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		if c.SecurityContext == nil {
			c.SecurityContext = &corev1.SecurityContext{}
		}
		if c.SecurityContext.AllowPrivilegeEscalation == nil && !ptr.Deref(c.SecurityContext.Privileged, false) {
			c.SecurityContext.AllowPrivilegeEscalation = new(false)
		}
		if c.Resources.Requests == nil {
			c.Resources.Requests = corev1.ResourceList{}
		}
		for name, quantity := range map[corev1.ResourceName]string{corev1.ResourceCPU: "100m", corev1.ResourceMemory: "128Mi"} {
			_, requested := c.Resources.Requests[name]
			if _, limited := c.Resources.Limits[name]; !requested && !limited {
				c.Resources.Requests[name] = resource.MustParse(quantity)
			}
		}
		for _, port := range c.Ports {
			if port.Name != "metrics" && !strings.HasSuffix(port.Name, "-metrics") {
				continue
			}
			if pod.Annotations == nil {
				pod.Annotations = map[string]string{}
			}
			for key, value := range map[string]string{"scrape": "true", "port": fmt.Sprint(port.ContainerPort), "path": "/metrics"} {
				if _, set := pod.Annotations["prometheus.io/"+key]; !set {
					pod.Annotations["prometheus.io/"+key] = value
				}
			}
		}
	}
	return nil
}
