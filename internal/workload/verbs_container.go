package workload

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Each verb does nothing where its value is set already.

// SetAllowPrivilegeEscalation sets securityContext.allowPrivilegeEscalation.
func (c Container) SetAllowPrivilegeEscalation(value bool) {
	if sc := c.SecurityContext; sc != nil && sc.AllowPrivilegeEscalation != nil {
		return
	}
	c.recordSecurityContext("allowPrivilegeEscalation", value)
	c.securityContext().AllowPrivilegeEscalation = &value
}

// SetReadOnlyRootFilesystem sets securityContext.readOnlyRootFilesystem.
func (c Container) SetReadOnlyRootFilesystem(value bool) {
	if sc := c.SecurityContext; sc != nil && sc.ReadOnlyRootFilesystem != nil {
		return
	}
	c.recordSecurityContext("readOnlyRootFilesystem", value)
	c.securityContext().ReadOnlyRootFilesystem = &value
}

// SetRunAsNonRoot sets securityContext.runAsNonRoot.
func (c Container) SetRunAsNonRoot(value bool) {
	if sc := c.SecurityContext; sc != nil && sc.RunAsNonRoot != nil {
		return
	}
	c.recordSecurityContext("runAsNonRoot", value)
	c.securityContext().RunAsNonRoot = &value
}

// SetRunAsUser sets securityContext.runAsUser.
func (c Container) SetRunAsUser(uid int64) {
	if sc := c.SecurityContext; sc != nil && sc.RunAsUser != nil {
		return
	}
	c.recordSecurityContext("runAsUser", uid)
	c.securityContext().RunAsUser = &uid
}

// SetRunAsGroup sets securityContext.runAsGroup.
func (c Container) SetRunAsGroup(gid int64) {
	if sc := c.SecurityContext; sc != nil && sc.RunAsGroup != nil {
		return
	}
	c.recordSecurityContext("runAsGroup", gid)
	c.securityContext().RunAsGroup = &gid
}

// SetDroppedCapabilities sets securityContext.capabilities.drop.
func (c Container) SetDroppedCapabilities(drop []corev1.Capability) {
	sc := c.SecurityContext
	capabilities := sc != nil && sc.Capabilities != nil
	if len(drop) == 0 || capabilities && len(sc.Capabilities.Drop) > 0 {
		return
	}
	c.pod.record(c.Path(), []string{"securityContext", "capabilities", "drop"}, count(sc != nil, capabilities), drop)
	sc = c.securityContext()
	if sc.Capabilities == nil {
		sc.Capabilities = &corev1.Capabilities{}
	}
	sc.Capabilities.Drop = drop
}

func (c Container) recordSecurityContext(field string, value any) {
	c.pod.record(c.Path(), []string{"securityContext", field}, count(c.SecurityContext != nil), value)
}

func (c Container) securityContext() *corev1.SecurityContext {
	if c.SecurityContext == nil {
		c.SecurityContext = &corev1.SecurityContext{}
	}
	return c.SecurityContext
}

// SetResourceRequest sets resources.requests[name].
func (c Container) SetResourceRequest(name corev1.ResourceName, quantity resource.Quantity) {
	if _, set := c.Resources.Requests[name]; set {
		return
	}
	c.recordResource("requests", c.Resources.Requests != nil, name, quantity)
	if c.Resources.Requests == nil {
		c.Resources.Requests = corev1.ResourceList{}
	}
	c.Resources.Requests[name] = quantity
}

// recordResource notes a quantity. The API server sends an empty resources for
// each container, but a newer one may leave it out.
func (c Container) recordResource(field string, there bool, name corev1.ResourceName, quantity resource.Quantity) {
	r := &c.Resources
	resources := there || r.Requests != nil || r.Limits != nil || r.Claims != nil || c.pod.sent(c.Path().Child("resources"))
	c.pod.record(c.Path(), []string{"resources", field, string(name)}, count(resources, there), quantity.String())
}

// AppendEnv appends an environment variable, unless one of that name is set.
func (c Container) AppendEnv(env corev1.EnvVar) {
	for i := range c.Env {
		if c.Env[i].Name == env.Name {
			return
		}
	}
	c.pod.recordItem(c.Path().Child("env"), c.Env == nil, env)
	c.Env = append(c.Env, env)
}
