package workload

import corev1 "k8s.io/api/core/v1"

// EffectiveSeccompProfile is the seccomp profile that holds for the container, or nil.
func (c Container) EffectiveSeccompProfile() *corev1.SeccompProfile {
	if sc := c.SecurityContext; sc != nil && sc.SeccompProfile != nil {
		return sc.SeccompProfile
	}
	if sc := c.pod.Spec.SecurityContext; sc != nil {
		return sc.SeccompProfile
	}
	return nil
}

// EffectiveAppArmorProfile is the AppArmor profile that holds for the container, or nil.
func (c Container) EffectiveAppArmorProfile() *corev1.AppArmorProfile {
	if sc := c.SecurityContext; sc != nil && sc.AppArmorProfile != nil {
		return sc.AppArmorProfile
	}
	if sc := c.pod.Spec.SecurityContext; sc != nil {
		return sc.AppArmorProfile
	}
	return nil
}

// EffectiveSELinuxOptions are the SELinux options that hold for the container, or nil.
func (c Container) EffectiveSELinuxOptions() *corev1.SELinuxOptions {
	if sc := c.SecurityContext; sc != nil && sc.SELinuxOptions != nil {
		return sc.SELinuxOptions
	}
	if sc := c.pod.Spec.SecurityContext; sc != nil {
		return sc.SELinuxOptions
	}
	return nil
}
