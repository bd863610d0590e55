package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "host-users",
	Summary: "Pods that run in the user namespace of the node",
	Doc: `
Root in a container is root on the node, unless the Pod has a user namespace of
its own: then it is a user whom nobody knows, and what breaks out of the
container owns nothing. That has stopped several breakouts, CVE-2024-21626 and
CVE-2019-5736 among them.

    spec:
      hostUsers: false

The node needs Linux 6.3 and containerd 2.0 or CRI-O 1.25, or newer. Pods on the
host's network, processes or IPC cannot have a user namespace, and are refused:
they need an Exemption. Windows Pods are not evaluated.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.CVE, "CVE-2019-5736", "CVE-2024-21626"),
		params.Refs(params.Kubernetes, "User Namespaces"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustHaveUserNamespace)),
})

func mustHaveUserNamespace(pod *workload.Pod) []Finding {
	spec := pod.Spec
	if pod.IsWindows() || spec.HostUsers != nil && !*spec.HostUsers {
		return nil
	}
	path := pod.SpecPath().Child("hostUsers")
	f := mustBe(path, spec.HostUsers, "must be false").spans()
	if !spec.HostNetwork && !spec.HostPID && !spec.HostIPC && !mountsDevices(pod) { // which the API server refuses beside it
		f = f.fixedBy(workload.Add(path, false))
	}
	return []Finding{f}
}

func mountsDevices(pod *workload.Pod) bool {
	for c := range pod.AllContainers() {
		if len(c.VolumeDevices) > 0 {
			return true
		}
	}
	return false
}
