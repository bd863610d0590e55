package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "read-only-root-filesystem",
	Summary: "containers whose root file system can be written",
	Doc: `
What breaks into a container wants to write: a tool that it has downloaded, a
page that it defaces, a binary that it replaces. A root file system that is
read-only leaves it nothing to write to, and keeps an application from filling
the node's disk with what is lost at the next restart.

    securityContext:
      readOnlyRootFilesystem: true

Give what must be written a volume of its own:

    volumeMounts: [{name: tmp, mountPath: /tmp}]
    volumes: [{name: tmp, emptyDir: {sizeLimit: 100Mi}}]

Ephemeral containers are checked too. Windows Pods are not: Windows has no such
setting.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.NSA, "Immutable container file systems"),
		params.Refs(params.Kyverno, "require-ro-rootfs"),
		params.Refs(params.Gatekeeper, "K8sPSPReadOnlyRootFilesystem"),
		params.Refs(params.Polaris, "notReadOnlyRootFilesystem"),
		params.Refs(params.KubeLinter, "no-read-only-root-fs"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustHaveReadOnlyRoot)),
})

func mustHaveReadOnlyRoot(pod *workload.Pod) (findings []Finding) {
	if pod.IsWindows() {
		return nil
	}
	for c := range pod.AllContainers() {
		var readOnly *bool
		if c.SecurityContext != nil {
			readOnly = c.SecurityContext.ReadOnlyRootFilesystem
		}
		if readOnly != nil && *readOnly {
			continue
		}
		path := c.Path().Child("securityContext")
		findings = append(findings, mustBe(path.Child("readOnlyRootFilesystem"), readOnly, "must be true").spans().of(c).
			fixedBy(workload.AddMember(path, c.SecurityContext != nil, "readOnlyRootFilesystem", true)))
	}
	return findings
}
