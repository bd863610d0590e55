package workload

// What holds for a container is its own value or, where it has none, the Pod's.
// The kubelet decides by the same rule.

// EffectiveRunAsUser is the user that the container runs as, or nil where the image decides.
func (c Container) EffectiveRunAsUser() *int64 {
	if sc := c.SecurityContext; sc != nil && sc.RunAsUser != nil {
		return sc.RunAsUser
	}
	if sc := c.pod.Spec.SecurityContext; sc != nil {
		return sc.RunAsUser
	}
	return nil
}

// EffectiveRunAsGroup is the group that the container runs as, or nil where nobody has said.
func (c Container) EffectiveRunAsGroup() *int64 {
	if sc := c.SecurityContext; sc != nil && sc.RunAsGroup != nil {
		return sc.RunAsGroup
	}
	if sc := c.pod.Spec.SecurityContext; sc != nil {
		return sc.RunAsGroup
	}
	return nil
}

// EffectiveRunAsNonRoot tells whether the kubelet must refuse to run the
// container as root, or nil where nobody has said.
func (c Container) EffectiveRunAsNonRoot() *bool {
	if sc := c.SecurityContext; sc != nil && sc.RunAsNonRoot != nil {
		return sc.RunAsNonRoot
	}
	if sc := c.pod.Spec.SecurityContext; sc != nil {
		return sc.RunAsNonRoot
	}
	return nil
}
