package validators

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/workload"
)

const allCapabilities corev1.Capability = "ALL"

// capabilitiesOf are those that a container adds and drops; none where it says nothing.
func capabilitiesOf(c workload.Container) corev1.Capabilities {
	if c.SecurityContext == nil || c.SecurityContext.Capabilities == nil {
		return corev1.Capabilities{}
	}
	return *c.SecurityContext.Capabilities
}

// sameCapability compares as the most lenient of the container runtimes does:
// for one of them cap_net_raw is NET_RAW.
func sameCapability(a, b corev1.Capability) bool {
	return strings.EqualFold(bareCapability(a), bareCapability(b))
}

func bareCapability(c corev1.Capability) string {
	const prefix = "CAP_"
	if len(c) > len(prefix) && strings.EqualFold(string(c[:len(prefix)]), prefix) {
		return string(c[len(prefix):])
	}
	return string(c)
}

func checkCapabilities(names []corev1.Capability, at *field.Path) (mistakes field.ErrorList) {
	for i, name := range names {
		if name == "" || strings.Trim(string(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" || bareCapability(name) != string(name) {
			mistakes = append(mistakes, field.Invalid(at.Index(i), name, "must be a capability without CAP_, such as NET_RAW"))
		}
	}
	return mistakes
}
