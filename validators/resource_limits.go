package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "resource-limits",
	Summary: "containers without a memory limit",
	Doc: `
A container without a memory limit may take all that its node has. The kernel
then kills whatever it finds, and what leaked is rarely what dies.

    resources:
      requests: {cpu: 100m, memory: 128Mi}
      limits: {memory: 256Mi}

Limits of the whole Pod (spec.resources) count. A limit of zero is none. Init
containers are checked too; ephemeral containers cannot have limits.

A cpu limit is not asked for by default: it slows a container down while its
node is idle. Where you want one, say so:

    resources: [cpu, memory]
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-cpu-limits", "require-pod-requests-limits"),
		params.Refs(params.Gatekeeper, "K8sContainerLimits", "K8sContainerRatios", "K8sRequiredResources"),
		params.Refs(params.Polaris, "memoryLimitsMissing", "cpuLimitsMissing"),
		params.Refs(params.KubeLinter, "unset-memory-requirements"),
	),
	Resources: podsAndTemplates,
	New:       newResourceLimits,
})

type resourceLimits struct {
	Resources []corev1.ResourceName `json:"resources" doc:"Resources that must be limited: cpu, memory, ephemeral-storage."`
}

func newResourceLimits(decode params.Decode) (Validate, error) {
	p := resourceLimits{Resources: []corev1.ResourceName{corev1.ResourceMemory}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for c := range pod.Containers() {
			for _, name := range p.Resources {
				if limits(&c.Resources, name) || pod.Spec.Resources != nil && limits(pod.Spec.Resources, name) {
					continue
				}
				path := c.Path().Child("resources", "limits").Key(string(name))
				findings = append(findings, required(path, "must be set to more than 0").of(c))
			}
		}
		return findings
	}), checkResourceNames(p.Resources).ToAggregate()
}

func limits(r *corev1.ResourceRequirements, name corev1.ResourceName) bool {
	quantity := r.Limits[name]
	return quantity.Sign() > 0
}
