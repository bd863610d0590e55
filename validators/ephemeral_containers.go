package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "ephemeral-containers",
	Summary: "ephemeral containers that are added to a Pod",
	Doc: `
kubectl debug adds a container to a Pod that runs. It may have another image,
another user and the target's processes, and so its memory and its Secrets; it
stays in the Pod until the Pod ends, and was never in a manifest that anybody
has read.

In production look at logs, metrics and traces; debug a copy of the Pod, which
serves no customers and may have its own rules:

    kubectl debug web-0 --copy-to=web-debug --container=web -- sh

Ephemeral containers that the Pod has already do not count, so that it can go on
being updated.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "block-ephemeral-containers"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(mustNotAddEphemeralContainers),
})

func mustNotAddEphemeralContainers(r *workload.Review) (findings []Finding) {
	if r.Pod == nil || len(r.Pod.Spec.EphemeralContainers) == 0 {
		return nil
	}
	before := map[string]bool{}
	if old, ok := r.OldObject.(*corev1.Pod); ok {
		for i := range old.Spec.EphemeralContainers {
			before[old.Spec.EphemeralContainers[i].Name] = true
		}
	}
	for c := range r.Pod.AllContainers() {
		if c.Type == workload.Ephemeral && !before[c.Name] {
			findings = append(findings, forbidden(c.Path(), "must not be added").of(c))
		}
	}
	return findings
}
