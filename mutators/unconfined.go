package mutators

import (
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// asksForNoProfile tells whether the container, or its Pod, asks to run without
// seccomp or AppArmor: rootless builders do, whose setuid programs make their
// user namespaces (moby/buildkit issue 1671).
func asksForNoProfile(c workload.Container) bool {
	if c.Pod().Meta.Annotations[corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+c.Name] == corev1.DeprecatedAppArmorBetaProfileNameUnconfined {
		return true
	}
	if sc := c.SecurityContext; sc != nil {
		if sc.SeccompProfile != nil && sc.SeccompProfile.Type == corev1.SeccompProfileTypeUnconfined ||
			sc.AppArmorProfile != nil && sc.AppArmorProfile.Type == corev1.AppArmorProfileTypeUnconfined {
			return true
		}
	}
	sc := c.Pod().Spec.SecurityContext
	return sc != nil && (sc.SeccompProfile != nil && sc.SeccompProfile.Type == corev1.SeccompProfileTypeUnconfined ||
		sc.AppArmorProfile != nil && sc.AppArmorProfile.Type == corev1.AppArmorProfileTypeUnconfined)
}
