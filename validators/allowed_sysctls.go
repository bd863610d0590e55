package validators

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "allowed-sysctls",
	Summary: "sysctls other than these, or among those that are forbidden",
	Doc: `
A sysctl changes the kernel. Those of a namespace of the Pod's own are safe, and
allowed by default, as in the Pod Security Standards; others change the node for
all. Name what your nodes allow (--allowed-unsafe-sysctls of the kubelet), and
what you do not want in spite of that; a star at the end stands for the rest:

    allowed: ["net.*"]
    forbidden: [net.ipv4.ip_forward]

What is forbidden is refused though it is allowed. With a star alone all are
allowed that are not forbidden.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.PSS, "Sysctls"),
		params.Refs(params.Gatekeeper, "K8sPSPForbiddenSysctls"),
		params.Refs(params.KubeLinter, "unsafe-sysctls"),
	),
	Resources: podsAndTemplates,
	New:       newAllowedSysctls,
})

type allowedSysctls struct {
	Allowed   []string `json:"allowed" doc:"Sysctls that may be set; a star at the end stands for the rest."`
	Forbidden []string `json:"forbidden" doc:"Sysctls that must not be set, be they allowed or not."`
}

// safeSysctls are those of the Pod Security Standards since Kubernetes 1.32.
func safeSysctls() []string {
	return []string{
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
		"net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
		"net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
		"net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
	}
}

func newAllowedSysctls(decode params.Decode) (Validate, error) {
	p := allowedSysctls{Allowed: safeSysctls()}
	if err := decode(&p); err != nil {
		return nil, err
	}
	mistakes := append(checkSysctls(p.Allowed, field.NewPath("allowed")), checkSysctls(p.Forbidden, field.NewPath("forbidden"))...)
	detail := "must not be set"
	if len(p.Allowed) > 0 {
		detail = "must be " + oneOf(p.Allowed)
	}
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		if pod.Spec.SecurityContext == nil {
			return nil
		}
		for i, sysctl := range pod.Spec.SecurityContext.Sysctls {
			must := detail
			switch {
			case isAmongSysctls(p.Forbidden, sysctl.Name):
				must = "must not be set"
			case isAmongSysctls(p.Allowed, sysctl.Name):
				continue
			}
			path := pod.SpecPath().Child("securityContext", "sysctls").Item(i, sysctl.Name)
			findings = append(findings, invalid(path.Child("name"), sysctl.Name, must).
				spans(holds("value", sysctl.Value)).fixedBy(workload.Remove(path)))
		}
		return findings
	}), mistakes.ToAggregate()
}

func checkSysctls(names []string, at *field.Path) (mistakes field.ErrorList) {
	for i, name := range names {
		if bare := strings.TrimSuffix(name, "*"); name == "" || strings.ContainsAny(bare, "*/ ") {
			mistakes = append(mistakes, field.Invalid(at.Index(i), name, "must be a sysctl with dots, such as net.core.somaxconn, or net.*"))
		}
	}
	return mistakes
}

// isAmongSysctls tells whether a sysctl is one of some, of which those with a star at the end stand for
// all that begin so.
func isAmongSysctls(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, open := strings.CutSuffix(pattern, "*")
		return (open || len(prefix) == len(name)) && beginsSysctl(name, prefix)
	})
}

// beginsSysctl tells whether a name begins with another one, which is written with dots. Where a slash
// comes first the two have changed places: the kernel reads net/ipv4/conf/eth0.1/forwarding so.
func beginsSysctl(name, prefix string) bool {
	if len(name) < len(prefix) {
		return false
	}
	first := strings.IndexAny(name, "./")
	swapped := first >= 0 && name[first] == '/'
	for i := range len(prefix) {
		c := name[i]
		switch {
		case swapped && c == '/':
			c = '.'
		case swapped && c == '.':
			c = '/'
		}
		if c != prefix[i] {
			return false
		}
	}
	return true
}
