package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "linux-hardening",
	Summary: "containers with none of seccomp, AppArmor, SELinux options and dropped capabilities",
	Doc: `
A container without any of these has all that its runtime gives by default:
every system call, and a dozen capabilities. One of them is the least; the
level restricted of pod-security asks for seccomp and for dropped capabilities
both.

    securityContext:
      seccompProfile: {type: RuntimeDefault}

What the Pod sets counts for its containers. A profile that is Unconfined, an
SELinux type that confines nothing (spc_t), and capabilities that are dropped
while ALL is added do not count, and nothing counts in a privileged container.
Windows Pods are not checked.
`,
	Severity:   Medium,
	References: params.Refs(params.Polaris, "linuxHardening"),
	Resources:  securedPods,
	New:        withoutParameters(onPods(mustBeHardened)),
})

func mustBeHardened(pod *workload.Pod) (findings []Finding) {
	if pod.IsWindows() {
		return nil
	}
	for c := range pod.AllContainers() {
		sc, path := c.SecurityContext, func() *workload.Path { return c.Path().Child("securityContext") }
		switch {
		case sc != nil && sc.Privileged != nil && *sc.Privileged:
			f := invalid(path().Child("privileged"), true, "must not be true: nothing confines a privileged container")
			findings = append(findings, f.of(c).about(path()).spans(holds("unconfined", "by default", "privileged")))
		case !confined(c):
			f := required(path(), "must have a seccomp or AppArmor profile, SELinux options, or dropped capabilities")
			fix := workload.AddMember(path(), sc != nil, "seccompProfile", corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault})
			findings = append(findings, f.of(c).about(path()).spans(holds("unconfined", "by default")).fixedBy(fix))
		}
	}
	return findings
}

func confined(c workload.Container) bool {
	seccomp, seLinux := c.EffectiveSeccompProfile(), c.EffectiveSELinuxOptions()
	return seccomp != nil && seccomp.Type != corev1.SeccompProfileTypeUnconfined ||
		seLinux != nil && *seLinux != (corev1.SELinuxOptions{}) && !slices.Contains(unconfinedTypes[:], seLinux.Type) ||
		confinedByAppArmor(c) || dropsSome(capabilitiesOf(c))
}

// unconfinedTypes are the SELinux types that confine nothing.
var unconfinedTypes = [...]string{"spc_t", "unconfined_t"}

func confinedByAppArmor(c workload.Container) bool {
	is, _ := appArmorProfile(c)
	return is.kind != "" && is.kind != unconfined
}

func dropsSome(capabilities corev1.Capabilities) bool {
	return len(capabilities.Drop) > 0 &&
		!slices.ContainsFunc(capabilities.Add, func(added corev1.Capability) bool { return sameCapability(added, allCapabilities) })
}
