package validators

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "pvc-size",
	Summary: "PersistentVolumeClaims that request too much",
	Doc: `
A volume can grow and never shrink, and is paid for by its size, used or not. A
typo (10Ti for 10Gi) is found on the bill.

    max: 500Gi

    resources:
      requests: {storage: 20Gi}

Claims in the templates of StatefulSets and of ephemeral volumes are checked
too, each by itself. How many claims a namespace may have is for a
ResourceQuota.
`,
	Severity:   Medium,
	References: params.Refs(params.Kubernetes, "https://kubernetes.io/docs/concepts/policy/limit-range/"),
	Resources:  claimsAndTemplates,
	New:        newPVCSize,
})

type pvcSize struct {
	Max params.Quantity `json:"max" doc:"The most that may be requested. Required."`
}

func newPVCSize(decode params.Decode) (Validate, error) {
	var p pvcSize
	if err := decode(&p); err != nil {
		return nil, err
	}
	most, mistakes := bound(p.Max, field.NewPath("max"))
	if p.Max == "" {
		mistakes = append(mistakes, field.Required(field.NewPath("max"), "must be set"))
	}
	return func(r *workload.Review) (findings []Finding) {
		for c := range claims(r) {
			size := c.spec.Resources.Requests[corev1.ResourceStorage]
			if size.Cmp(*most) > 0 {
				path := c.path().Child("spec", "resources", "requests").Key(string(corev1.ResourceStorage))
				findings = append(findings, invalid(path, size.String(), "must be at most "+most.String()).above(size.AsApproximateFloat64()))
			}
		}
		return findings
	}, mistakes.ToAggregate()
}
