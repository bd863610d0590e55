package mutators

import (
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

var capability = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// notAdded are the capabilities to drop, without those that the container
// adds: the runtime drops last, and would take back what was asked for.
func (p securityContext) notAdded(c workload.Container) []corev1.Capability {
	sc := c.SecurityContext
	if sc == nil || sc.Capabilities == nil || len(sc.Capabilities.Add) == 0 {
		return p.DropCapabilities
	}
	return slices.DeleteFunc(slices.Clone(p.DropCapabilities), func(drop corev1.Capability) bool {
		return adds(c, string(drop))
	})
}
