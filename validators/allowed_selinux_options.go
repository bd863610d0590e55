package validators

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "allowed-selinux-options",
	Summary: "containers with other SELinux options than these",
	Doc: `
SELinux keeps a container from what is not its own by the type and the level
that its runtime gives it. One that chooses its own type may be held by nothing
(spc_t), and one that chooses its level reads the volumes of another.

    allowed:
    - {type: container_t, level: "s0:c123,c456"}
    - {type: container_init_t, level: "*"}

are combinations, one of which must fit: an option that is set must be equal to
the one in the list, where a star takes any. What is not set passes, and with
an empty list nothing may be set. The options of the Pod count where a
container has none. Windows Pods are not checked.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.PSS, "SELinux"),
		params.Refs(params.Gatekeeper, "K8sPSPSELinuxV2"),
	),
	Resources: podsAndTemplates,
	New:       newAllowedSELinuxOptions,
})

type allowedSELinuxOptions struct {
	Allowed []seLinuxOptions `json:"allowed" doc:"Combinations of options; a star takes any value."`
}

// seLinuxOptions is a parameter.
type seLinuxOptions struct {
	User  string `json:"user"`
	Role  string `json:"role"`
	Type  string `json:"type"`
	Level string `json:"level"`
}

func (o seLinuxOptions) String() string { return strings.Join(o.set(), ", ") }

func (o seLinuxOptions) set() (set []string) {
	for _, option := range [...]struct{ name, value string }{{"user", o.User}, {"role", o.Role}, {"type", o.Type}, {"level", o.Level}} {
		if option.value != "" {
			set = append(set, option.name+" "+option.value)
		}
	}
	return set
}

func newAllowedSELinuxOptions(decode params.Decode) (Validate, error) {
	var p allowedSELinuxOptions
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	var names []string
	for i, option := range p.Allowed {
		if option == (seLinuxOptions{}) {
			mistakes = append(mistakes, field.Required(field.NewPath("allowed").Index(i), "must have a user, a role, a type or a level"))
		}
		names = append(names, "("+option.String()+")")
	}
	detail := "must not be set"
	if len(names) > 0 {
		detail = "must be " + oneOf(names)
	}
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		if pod.IsWindows() {
			return nil
		}
		for c := range pod.AllContainers() {
			is := c.EffectiveSELinuxOptions()
			if is == nil || p.allows(is) {
				continue
			}
			own := c.Path().Child("securityContext", "seLinuxOptions")
			f := invalid(own, seLinuxOptions(*is).String(), detail).of(c).about(own).
				spansLater(func() []part { return []part{holds("options", seLinuxOptions(*is).set()...)} })
			if c.SecurityContext == nil || c.SecurityContext.SELinuxOptions != is {
				f.Path = pod.SpecPath().Child("securityContext", "seLinuxOptions")
			}
			findings = append(findings, f)
		}
		return findings
	}), mistakes.ToAggregate()
}

func (p *allowedSELinuxOptions) allows(is *corev1.SELinuxOptions) bool {
	fits := func(value, allowed string) bool { return value == "" || value == allowed || allowed == "*" }
	return *is == (corev1.SELinuxOptions{}) || slices.ContainsFunc(p.Allowed, func(o seLinuxOptions) bool {
		return fits(is.User, o.User) && fits(is.Role, o.Role) && fits(is.Type, o.Type) && fits(is.Level, o.Level)
	})
}
