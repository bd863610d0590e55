package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "allowed-seccomp-profiles",
	Summary: "containers with another seccomp profile than these, or none",
	Doc: `
A seccomp profile says which calls of the kernel a container may make. The
runtime's own keeps a few dozen from it that hardly any program needs. Profiles
of your own lie on the nodes, and are named by their file there; a star at the
end stands for the rest:

    allowed: [RuntimeDefault, Localhost/profiles/web.json, Localhost/operator/*]

The profile of the Pod counts where a container has none. A container for which
neither says one runs as the kubelet is configured, mostly without; where that
is well:

    required: false

Windows Pods are not checked.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.PSS, "Seccomp"),
		params.Refs(params.Gatekeeper, "K8sPSPSeccomp", "K8sPSPSeccompV2"),
	),
	Resources: podsAndTemplates,
	New:       newAllowedSeccompProfiles,
})

type allowedSeccompProfiles struct {
	Allowed  []string `json:"allowed" doc:"Profiles: RuntimeDefault, Unconfined, or Localhost/ and a file; a star at the end stands for the rest."`
	Required bool     `json:"required" doc:"Whether a container must have one, its own or the Pod's."`
}

func newAllowedSeccompProfiles(decode params.Decode) (Validate, error) {
	p := allowedSeccompProfiles{Allowed: []string{runtimeDefault, localhost + "/*"}, Required: true}
	if err := decode(&p); err != nil {
		return nil, err
	}
	allowed, mistakes := parseProfileNames(p.Allowed, field.NewPath("allowed"))
	detail := "must be " + oneOf(p.Allowed)
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		if pod.IsWindows() {
			return nil
		}
		for c := range pod.AllContainers() {
			is := c.EffectiveSeccompProfile()
			if is == nil && !p.Required || is != nil && allowed.allow(seccompProfile(is)) {
				continue
			}
			own := c.Path().Child("securityContext", "seccompProfile")
			f := required(own, detail)
			if is != nil {
				f = invalid(own, seccompProfile(is).String(), detail)
			}
			if c.SecurityContext == nil || c.SecurityContext.SeccompProfile != is {
				f.Path = pod.SpecPath().Child("securityContext", "seccompProfile")
			}
			f = f.of(c).about(own)
			if allowed.allow(profile{kind: runtimeDefault}) {
				f = f.fixedBy(workload.AddMember(c.Path().Child("securityContext"), c.SecurityContext != nil, "seccompProfile",
					corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}))
			}
			findings = append(findings, f)
		}
		return findings
	}), mistakes.ToAggregate()
}

func seccompProfile(p *corev1.SeccompProfile) profile {
	return profile{kind: string(p.Type), name: ptr.Deref(p.LocalhostProfile, "")}
}
