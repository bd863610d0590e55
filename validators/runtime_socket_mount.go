package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "runtime-socket-mount",
	Summary: "hostPath volumes of a container runtime's socket, or of a directory above one",
	Doc: `
Whoever reaches the socket of the container runtime starts what containers they
like, privileged ones among them: the node is theirs, and so is every Pod on it.
No setting of the container helps, and mounting the socket read-only does not
either, as one connects to a socket without writing to the file system.

Images are built without it by BuildKit or Buildah in rootless mode; metrics of
containers come from the kubelet.

Directories above a socket are refused as well, since the socket is in them: /,
/run and /var/run, /run/containerd. Of /run and /var/run one is a link to the
other, and to list a socket in one is to list it in both. Names of processes'
links, such as /proc/1/root/run, lead anywhere and count as /.
`,
	Severity: Critical,
	References: slices.Concat(
		params.Refs(params.Kyverno, "disallow-cri-sock-mount", "docker-socket-requires-label"),
		params.Refs(params.KubeLinter, "docker-sock"),
		params.Refs(params.KRail, "pod_no_docker_sock"),
	),
	Resources: podsAndTemplates,
	New:       newRuntimeSocketMount,
})

type runtimeSocketMount struct {
	Paths []string `json:"paths" doc:"Sockets, or directories of sockets. Give all: yours take the place of these."`
}

func newRuntimeSocketMount(decode params.Decode) (Validate, error) {
	p := runtimeSocketMount{Paths: []string{
		"/run/docker.sock",
		"/run/cri-dockerd.sock",
		"/run/dockershim.sock",
		"/run/containerd",
		"/run/docker/containerd",
		"/run/k0s/containerd.sock",
		"/run/k3s/containerd",
		"/var/snap/microk8s/common/run/containerd.sock",
		"/run/crio",
		"/run/podman",
		`\\.\pipe\docker_engine`,
		`\\.\pipe\containerd-containerd`,
	}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	sockets, mistakes := parseNodePaths(p.Paths, field.NewPath("paths"))
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for volume := range hostPaths(pod) {
			if sockets.meet(volume.at) {
				findings = append(findings, volume.must("must not be, or hold, the socket of a container runtime"))
			}
		}
		return findings
	}), mistakes.ToAggregate()
}
