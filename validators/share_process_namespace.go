package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "share-process-namespace",
	Summary: "Pods whose containers share their processes",
	Doc: `
With shareProcessNamespace the containers of a Pod see each other's processes.
A proxy or a log shipper that is broken into reads the application's environment
and, through /proc, its files, Secrets among them; run by the same user it can
also end it, or look into its memory.

Leave the field out. To look into a running Pod, share the processes of one
container with an ephemeral one, for as long as it takes:

    kubectl debug -it web --image=busybox:1.37 --target=web
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.KRail, "pod_no_shareprocessnamespace"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustNotShareProcesses)),
})

func mustNotShareProcesses(pod *workload.Pod) []Finding {
	if share := pod.Spec.ShareProcessNamespace; share == nil || !*share {
		return nil
	}
	path := pod.SpecPath().Child("shareProcessNamespace")
	return []Finding{forbidden(path, "must not be true").fixedBy(workload.Remove(path))}
}
