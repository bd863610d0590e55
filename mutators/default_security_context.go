package mutators

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-security-context",
	Summary: "sets the seccomp profile, forbids privilege escalation and, where asked, more",
	Doc: `Kubernetes starts containers without a seccomp profile and lets them gain
privileges through setuid programs. The defaults here close both. They break
almost no image in use; what is off by default breaks some.

Images that start setuid programs must say allowPrivilegeEscalation: true:
Oracle Database, or GitHub's actions-runner where a workflow calls sudo.

What a Pod sets, or what contradicts it, is left alone:

- Pods that run on Windows.
- Containers that are privileged or add the capability SYS_ADMIN keep their
  privileges, their user, their group and their capabilities.
- Containers that say that they run as root (runAsUser 0, runAsNonRoot false)
  go on to do so; the other containers of the Pod get the default one by one.
- Containers that ask for seccomp or AppArmor Unconfined keep setuid programs.
- A capability that a container adds is not dropped.`,
	References: slices.Concat(
		params.Refs(params.PSS, "restricted"),
		params.Refs(params.Kyverno, "add-default-securitycontext", "apply-pss-restricted-profile", "set-privilege-escalation",
			"set-run-as-non-root"),
		params.Refs(params.Gatekeeper, "mutation samples"),
		params.Refs(params.KRail, "pod_default_seccomp_policy"),
	),
	New: newSecurityContext,
})

type securityContext struct {
	SeccompProfile           corev1.SeccompProfileType `json:"seccompProfile" doc:"the Pod's seccomp profile: RuntimeDefault, or empty for none"`
	AllowPrivilegeEscalation *bool                     `json:"allowPrivilegeEscalation" doc:"false forbids it; true or null sets nothing"`
	RunAsNonRoot             bool                      `json:"runAsNonRoot" doc:"refuse to run as root; images whose user is root then do not start"`
	RunAsUser                *int64                    `json:"runAsUser" doc:"the user where neither Pod nor container names one; it replaces the image's"`
	RunAsGroup               *int64                    `json:"runAsGroup" doc:"the group where neither Pod nor container names one; it replaces the image's"`
	FSGroup                  *int64                    `json:"fsGroup" doc:"the group that owns the Pod's volumes"`
	ReadOnlyRootFilesystem   bool                      `json:"readOnlyRootFilesystem" doc:"mount the image read-only"`
	DropCapabilities         []corev1.Capability       `json:"dropCapabilities" doc:"what containers drop that drop nothing themselves, such as ALL"`
}

func newSecurityContext(decode params.Decode) (Mutate, error) {
	p := securityContext{SeccompProfile: corev1.SeccompProfileTypeRuntimeDefault, AllowPrivilegeEscalation: new(false)}
	if err := decode(&p); err != nil {
		return nil, err
	}
	return p.mutate, p.validate().ToAggregate()
}

func (p securityContext) validate() (mistakes field.ErrorList) {
	if p.SeccompProfile != "" && p.SeccompProfile != corev1.SeccompProfileTypeRuntimeDefault {
		mistakes = append(mistakes, field.Invalid(field.NewPath("seccompProfile"), p.SeccompProfile, "must be RuntimeDefault or empty"))
	}
	if p.RunAsUser != nil && (*p.RunAsUser == 0 || len(validation.IsValidUserID(*p.RunAsUser)) > 0) {
		mistakes = append(mistakes, field.Invalid(field.NewPath("runAsUser"), *p.RunAsUser, "must be 1 to 2147483647"))
	}
	if p.RunAsGroup != nil && len(validation.IsValidGroupID(*p.RunAsGroup)) > 0 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("runAsGroup"), *p.RunAsGroup, "must be 0 to 2147483647"))
	}
	if p.FSGroup != nil && len(validation.IsValidGroupID(*p.FSGroup)) > 0 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("fsGroup"), *p.FSGroup, "must be 0 to 2147483647"))
	}
	for i, name := range p.DropCapabilities {
		if !capability.MatchString(string(name)) || strings.HasPrefix(string(name), "CAP_") {
			mistakes = append(mistakes, field.Invalid(field.NewPath("dropCapabilities").Index(i), name, "must be ALL or a capability in upper case without CAP_, such as NET_RAW"))
		}
	}
	return mistakes
}

func (p securityContext) mutate(r *workload.Review) {
	pod := r.Pod
	if pod.IsWindows() {
		return
	}
	// The API server refuses a profile beside the old annotation for another.
	if _, annotated := pod.Meta.Annotations["seccomp.security.alpha.kubernetes.io/pod"]; p.SeccompProfile != "" && !annotated {
		pod.SetSeccompProfile(corev1.SeccompProfile{Type: p.SeccompProfile})
	}
	if p.FSGroup != nil {
		pod.SetFSGroup(*p.FSGroup)
	}
	if p.RunAsUser != nil {
		setRunAsUser(pod, *p.RunAsUser)
	}
	if p.RunAsGroup != nil {
		setRunAsGroup(pod, *p.RunAsGroup)
	}
	if p.RunAsNonRoot {
		setRunAsNonRoot(pod)
	}
	for c := range pod.Containers() {
		if p.ReadOnlyRootFilesystem {
			c.SetReadOnlyRootFilesystem(true)
		}
		if asksForHost(c) {
			continue
		}
		if p.AllowPrivilegeEscalation != nil && !*p.AllowPrivilegeEscalation && !asksForNoProfile(c) {
			c.SetAllowPrivilegeEscalation(false)
		}
		c.SetDroppedCapabilities(p.notAdded(c))
	}
}
