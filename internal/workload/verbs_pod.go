package workload

import (
	corev1 "k8s.io/api/core/v1"
)

// Each verb does nothing where its value is set already.

// SetAnnotation sets an annotation of the Pod.
func (p *Pod) SetAnnotation(name, value string) {
	p.setMetadata("annotations", &p.Meta.Annotations, name, value)
}

// SetLabel sets a label of the Pod.
func (p *Pod) SetLabel(name, value string) {
	p.setMetadata("labels", &p.Meta.Labels, name, value)
}

func (p *Pod) setMetadata(field string, m *map[string]string, name, value string) {
	if _, set := (*m)[name]; set {
		return
	}
	p.record(p.Path, []string{"metadata", field, name}, p.metadataThere(*m != nil), value)
	if *m == nil {
		*m = map[string]string{}
	}
	(*m)[name] = value
}

// metadataThere counts metadata and its field among the members that are there. A document without
// any metadata is one that no API server sends, but that people do.
func (p *Pod) metadataThere(field bool) int {
	switch {
	case field:
		return 2
	case p.Meta.Labels != nil || p.Meta.Annotations != nil || p.sent(p.MetadataPath()):
		return 1
	default:
		return 0
	}
}

// SetSeccompProfile sets the seccomp profile that holds for all containers
// without one of their own.
func (p *Pod) SetSeccompProfile(profile corev1.SeccompProfile) {
	sc := p.Spec.SecurityContext
	if sc != nil && sc.SeccompProfile != nil {
		return
	}
	p.recordSecurityContext("seccompProfile", seccompValue(profile))
	p.securityContext().SeccompProfile = &profile
}

func seccompValue(profile corev1.SeccompProfile) any {
	value := map[string]any{"type": string(profile.Type)}
	if profile.LocalhostProfile != nil {
		value["localhostProfile"] = *profile.LocalhostProfile
	}
	return value
}

// SetRunAsNonRoot sets runAsNonRoot for all containers that do not set it.
func (p *Pod) SetRunAsNonRoot(value bool) {
	if sc := p.Spec.SecurityContext; sc != nil && sc.RunAsNonRoot != nil {
		return
	}
	p.recordSecurityContext("runAsNonRoot", value)
	p.securityContext().RunAsNonRoot = &value
}

// SetRunAsUser sets the user of all containers that do not set one.
func (p *Pod) SetRunAsUser(uid int64) {
	if sc := p.Spec.SecurityContext; sc != nil && sc.RunAsUser != nil {
		return
	}
	p.recordSecurityContext("runAsUser", uid)
	p.securityContext().RunAsUser = &uid
}

// SetRunAsGroup sets the group of all containers that do not set one.
func (p *Pod) SetRunAsGroup(gid int64) {
	if sc := p.Spec.SecurityContext; sc != nil && sc.RunAsGroup != nil {
		return
	}
	p.recordSecurityContext("runAsGroup", gid)
	p.securityContext().RunAsGroup = &gid
}

// SetFSGroup sets the group that owns the Pod's volumes.
func (p *Pod) SetFSGroup(gid int64) {
	if sc := p.Spec.SecurityContext; sc != nil && sc.FSGroup != nil {
		return
	}
	p.recordSecurityContext("fsGroup", gid)
	p.securityContext().FSGroup = &gid
}

func (p *Pod) recordSecurityContext(field string, value any) {
	p.record(p.SpecPath(), []string{"securityContext", field}, count(p.Spec.SecurityContext != nil), value)
}

func (p *Pod) securityContext() *corev1.PodSecurityContext {
	if p.Spec.SecurityContext == nil {
		p.Spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	return p.Spec.SecurityContext
}
