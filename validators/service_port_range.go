package validators

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "service-port-range",
	Summary: "Services with a port outside a range",
	Doc: `
Firewalls, meshes and load balancers in front of a cluster are often open for
some ports alone. A Service with another one works inside and nowhere else, or
opens what was thought closed.

    min: 8000
    max: 8999

The ports of the Service are checked, not those of the Pods that it leads to.
`,
	Severity:   Low,
	References: params.Refs(params.Kyverno, "restrict-service-port-range"),
	Resources:  services,
	New:        newServicePortRange,
})

type servicePortRange struct {
	Min int32 `json:"min" doc:"The lowest port that is allowed."`
	Max int32 `json:"max" doc:"The highest port that is allowed."`
}

// newServicePortRange without bounds allows every port there is.
func newServicePortRange(decode params.Decode) (Validate, error) {
	p := servicePortRange{Min: 1, Max: 65535}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	if p.Min < 1 || p.Min > 65535 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("min"), p.Min, "must be a port"))
	}
	if p.Max < p.Min || p.Max > 65535 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("max"), p.Max, "must be a port that is not below min"))
	}
	return func(r *workload.Review) (findings []Finding) {
		service, ok := r.Object.(*corev1.Service)
		if !ok {
			return nil
		}
		for i, port := range service.Spec.Ports {
			if port.Port < p.Min || port.Port > p.Max {
				name := port.Name
				if name == "" {
					name = strconv.Itoa(int(port.Port))
				}
				path := (*workload.Path)(nil).Child("spec", "ports").Item(i, name).Child("port")
				findings = append(findings, invalid(path, port.Port, fmt.Sprintf("must be between %d and %d", p.Min, p.Max)).
					spans(holds("port", portOf(port))))
			}
		}
		return findings
	}, mistakes.ToAggregate()
}
