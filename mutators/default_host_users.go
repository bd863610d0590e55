package mutators

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-host-users",
	Summary: "gives Pods a user namespace of their own",
	Doc: `Root in a container is root on the node, held back by nothing but the container.
With hostUsers: false it is nobody there: most ways out of a container that have
been found lead nowhere then.

Nodes must support it: Linux 6.3 and containerd 2.0 or CRI-O 1.25. Left alone is
what would be refused, or would not start:

- Pods on Windows, with a runtime class, or with the host's network, process or
  IPC namespace.
- Containers that are privileged, add a capability that counts on the node
  alone, such as SYS_ADMIN, SYS_TIME or BPF, or use a block device.
- Users and groups above 65535, which a Pod's namespace does not reach.
- Volumes other than emptyDir, configMap, secret, projected and downwardAPI: of
  the others it cannot be told whether their file system maps users. Where that
  of your claims does (ext4 and xfs do, NFS does not), say so.`,
	Last: true, // runtime class, users
	New:  newHostUsers,
})

type hostUsers struct {
	PersistentVolumeClaims bool `json:"persistentVolumeClaims" doc:"do so for Pods with persistent or ephemeral claims too"`
}

func newHostUsers(decode params.Decode) (Mutate, error) {
	var p hostUsers
	if err := decode(&p); err != nil {
		return nil, err
	}
	return func(r *workload.Review) {
		spec := r.Pod.Spec
		if spec.HostNetwork || spec.HostPID || spec.HostIPC || spec.RuntimeClassName != nil || r.Pod.IsWindows() ||
			!mapsPodUsers(spec.SecurityContext) || slices.ContainsFunc(spec.Volumes, p.unmapped) {
			return
		}
		for c := range r.Pod.Containers() {
			if len(c.VolumeDevices) > 0 || needsHost(c.SecurityContext) {
				return
			}
		}
		r.Pod.SetHostUsers(false)
	}, nil
}

// unmapped tells whether the users of a volume's files may not be mapped.
func (p hostUsers) unmapped(v corev1.Volume) bool {
	claim := v.PersistentVolumeClaim != nil || v.Ephemeral != nil
	return v.EmptyDir == nil && v.ConfigMap == nil && v.Secret == nil && v.Projected == nil && v.DownwardAPI == nil &&
		(!claim || !p.PersistentVolumeClaims)
}

// inNamespace are the capabilities that a user namespace grants within itself: those that container
// runtimes give to each container, and that over its network.
var inNamespace = []string{
	"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_ADMIN", "NET_BIND_SERVICE",
	"NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}

func needsHost(sc *corev1.SecurityContext) bool {
	if sc == nil {
		return false
	}
	return sc.Privileged != nil && *sc.Privileged || tooHigh(sc.RunAsUser) || tooHigh(sc.RunAsGroup) ||
		sc.Capabilities != nil && slices.ContainsFunc(sc.Capabilities.Add, func(added corev1.Capability) bool {
			return !slices.Contains(inNamespace, strings.TrimPrefix(strings.ToUpper(string(added)), "CAP_"))
		})
}

func mapsPodUsers(sc *corev1.PodSecurityContext) bool {
	return sc == nil || !tooHigh(sc.RunAsUser) && !tooHigh(sc.RunAsGroup) && !tooHigh(sc.FSGroup) &&
		!slices.ContainsFunc(sc.SupplementalGroups, func(id int64) bool { return tooHigh(&id) })
}

func tooHigh(id *int64) bool { return id != nil && *id > 65535 }
