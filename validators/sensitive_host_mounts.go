package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "sensitive-host-mounts",
	Summary: "hostPath volumes of the node's own directories, such as /etc or /var/lib/kubelet",
	Doc: `
The node keeps its passwords, keys, devices and programs in a few directories.
A container that reads /etc/kubernetes or /var/lib/kubelet has the credentials
of the node and of every Pod on it; one that writes to /usr or /etc runs as root
there the next time that anything starts.

Use a volume that is the Pod's own: emptyDir, configMap, projected, or a
PersistentVolumeClaim. Agents that must see a part of the node need an
Exemption, and as small a part as will do: /var/log/pods, not /var.

What lies below a listed directory is refused, and what lies above it, since
the directory is in it: / holds all of them, and /var holds /var/run. Whole
components are compared: /etcd is not /etc. Of /run and /var/run one is a link
to the other. To list / is to refuse every hostPath.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.PSS, "HostPath Volumes"),
		params.Refs(params.KubeLinter, "sensitive-host-mounts"),
	),
	Resources: podsAndTemplates,
	New:       newSensitiveHostMounts,
})

type sensitiveHostMounts struct {
	Paths []string `json:"paths" doc:"Directories of the node. Give all: yours take the place of these."`
}

func newSensitiveHostMounts(decode params.Decode) (Validate, error) {
	p := sensitiveHostMounts{Paths: []string{
		"/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/usr",
		"/var/lib/containerd", "/var/lib/containers", "/var/lib/docker", "/var/lib/etcd", "/var/lib/kubelet", "/var/run",
		`C:\Program Files`, `C:\ProgramData`, `C:\Users`, `C:\Windows`,
	}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	sensitive, mistakes := parseNodePaths(p.Paths, field.NewPath("paths"))
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for volume := range hostPaths(pod) {
			if sensitive.meet(volume.at) {
				findings = append(findings, volume.must("must not be, hold, or lie in a sensitive directory of the node"))
			}
		}
		return findings
	}), mistakes.ToAggregate()
}
