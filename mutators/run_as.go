package mutators

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// The Pod's runAsUser, runAsGroup and runAsNonRoot hold for every container without its
// own. So they are set there when that suits every container, those included
// that kubectl debug may add, and else on each container that they suit.

func setRunAsUser(pod *workload.Pod, uid int64) {
	suits := func(c workload.Container) bool {
		nonRoot := c.EffectiveRunAsNonRoot()
		return !asksForHost(c) && (nonRoot == nil || *nonRoot)
	}
	everywhere := true
	for c := range pod.Containers() {
		everywhere = everywhere && (c.EffectiveRunAsUser() != nil || suits(c))
	}
	if everywhere {
		pod.SetRunAsUser(uid)
		return
	}
	for c := range pod.Containers() {
		if c.EffectiveRunAsUser() == nil && suits(c) {
			c.SetRunAsUser(uid)
		}
	}
}

// setRunAsGroup leaves root's group to what runs as root: it may own what root alone may write.
func setRunAsGroup(pod *workload.Pod, gid int64) {
	suits := func(c workload.Container) bool {
		uid, nonRoot := c.EffectiveRunAsUser(), c.EffectiveRunAsNonRoot()
		return !asksForHost(c) && (uid == nil || *uid != 0) && (nonRoot == nil || *nonRoot)
	}
	everywhere := true
	for c := range pod.Containers() {
		everywhere = everywhere && (c.EffectiveRunAsGroup() != nil || suits(c))
	}
	if everywhere {
		pod.SetRunAsGroup(gid)
		return
	}
	for c := range pod.Containers() {
		if c.EffectiveRunAsGroup() == nil && suits(c) {
			c.SetRunAsGroup(gid)
		}
	}
}

func setRunAsNonRoot(pod *workload.Pod) {
	suits := func(c workload.Container) bool {
		if uid := c.EffectiveRunAsUser(); uid != nil {
			return *uid != 0
		}
		return !asksForHost(c)
	}
	sc := pod.Spec.SecurityContext
	everywhere := sc == nil || sc.RunAsUser == nil || *sc.RunAsUser != 0
	for c := range pod.Containers() {
		everywhere = everywhere && (c.EffectiveRunAsNonRoot() != nil || suits(c))
	}
	if everywhere {
		pod.SetRunAsNonRoot(true)
		return
	}
	for c := range pod.Containers() {
		if c.EffectiveRunAsNonRoot() == nil && suits(c) {
			c.SetRunAsNonRoot(true)
		}
	}
}

// asksForHost tells whether a container is privileged, or as good as. The API
// server refuses allowPrivilegeEscalation false beside either.
func asksForHost(c workload.Container) bool {
	sc := c.SecurityContext
	return sc != nil && sc.Privileged != nil && *sc.Privileged || adds(c, "SYS_ADMIN") || adds(c, "ALL")
}

// adds tells whether a container adds a capability, in any of the spellings
// that container runtimes take.
func adds(c workload.Container, name string) bool {
	sc := c.SecurityContext
	return sc != nil && sc.Capabilities != nil && slices.ContainsFunc(sc.Capabilities.Add, func(added corev1.Capability) bool {
		return strings.TrimPrefix(strings.ToUpper(string(added)), "CAP_") == name
	})
}
