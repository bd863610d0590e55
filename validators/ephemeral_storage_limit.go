package validators

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "ephemeral-storage-limit",
	Summary: "containers without an ephemeral-storage limit, or with one above the most",
	Doc: `
Logs, emptyDirs and the writable layer of a container share the disk of their
node. One container that fills it makes the kubelet evict its neighbours.

    resources:
      limits: {ephemeral-storage: 1Gi}

A limit of zero is none. Init containers are checked too.
`,
	Severity:   Medium,
	References: params.Refs(params.Gatekeeper, "K8sContainerEphemeralStorageLimit"),
	Resources:  podsAndTemplates,
	New:        newEphemeralStorageLimit,
})

type ephemeralStorageLimit struct {
	Max params.Quantity `json:"max" doc:"The most that a limit may be. Without it, any limit will do."`
}

func newEphemeralStorageLimit(decode params.Decode) (Validate, error) {
	var p ephemeralStorageLimit
	if err := decode(&p); err != nil {
		return nil, err
	}
	most, mistakes := bound(p.Max, field.NewPath("max"))
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for c := range pod.Containers() {
			limit := c.Resources.Limits[corev1.ResourceEphemeralStorage]
			if limit.Sign() > 0 && (most == nil || limit.Cmp(*most) <= 0) {
				continue
			}
			path := c.Path().Child("resources", "limits").Key(string(corev1.ResourceEphemeralStorage))
			f := sizeFault(path, limit, most).of(c)
			if limit.Sign() > 0 {
				f = f.fixedBy(workload.Replace(path, most.String()))
			}
			if request := c.Resources.Requests[corev1.ResourceEphemeralStorage]; limit.Sign() > 0 && request.Cmp(*most) > 0 {
				requests := c.Path().Child("resources", "requests").Key(string(corev1.ResourceEphemeralStorage))
				f.Fix = append(f.Fix, workload.Replace(requests, most.String())) // no more than the limit
			}
			findings = append(findings, f)
		}
		return findings
	}), mistakes.ToAggregate()
}

// sizeFault finds fault with a size that is zero, which is none, or above most.
func sizeFault(path *workload.Path, size resource.Quantity, most *resource.Quantity) Finding {
	switch {
	case size.Sign() > 0:
		return invalid(path, size.String(), "must be at most "+most.String()).above(size.AsApproximateFloat64())
	case most != nil:
		return required(path, "must be set to at most "+most.String()).above(unbounded)
	default:
		return required(path, "must be set to more than 0")
	}
}
