package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "service-load-balancer",
	Summary: "Services of type LoadBalancer, unless they carry an annotation that allows it",
	Doc: `
A Service of type LoadBalancer has an address of its own, in most clouds one on
the internet and on the bill, with nothing between it and the Pods.

Use an Ingress or a Gateway. Where load balancers are wanted after all, for
instance internal ones, name the annotations that make them so; a Service needs
one of them:

    allowedAnnotations:
    - key: networking.gke.io/load-balancer-type
      value: Internal
    - key: service.beta.kubernetes.io/azure-load-balancer-internal
      value: "true"

Left out, the value may be any.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "restrict-loadbalancer"),
		params.Refs(params.Gatekeeper, "K8sBlockLoadBalancer"),
		params.Refs(params.KubeLinter, "exposed-services"),
		params.Refs(params.KRail, "service_require_loadbalancer_exemption"),
	),
	Resources: only(ofType(corev1.ServiceTypeLoadBalancer), reading(Annotations, services...)...),
	New:       newServiceLoadBalancer,
})

type serviceLoadBalancer struct {
	AllowedAnnotations []allowedAnnotation `json:"allowedAnnotations" doc:"Annotations with one of which a load balancer is allowed."`
}

type allowedAnnotation struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func (a allowedAnnotation) in(annotations map[string]string) bool {
	value, there := annotations[a.Key]
	return there && (a.Value == "" || value == a.Value)
}

func (a allowedAnnotation) String() string {
	if a.Value == "" {
		return a.Key
	}
	return a.Key + ": " + a.Value
}

func newServiceLoadBalancer(decode params.Decode) (Validate, error) {
	var p serviceLoadBalancer
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	var names []string
	for i, a := range p.AllowedAnnotations {
		names = append(names, a.String())
		for _, wrong := range validation.IsQualifiedName(a.Key) {
			mistakes = append(mistakes, field.Invalid(field.NewPath("allowedAnnotations").Index(i).Child("key"), a.Key, wrong))
		}
	}
	detail := "must not be LoadBalancer"
	if len(names) > 0 {
		detail += " without annotation " + oneOf(names)
	}
	return func(r *workload.Review) []Finding {
		service, ok := r.Object.(*corev1.Service)
		if !ok || service.Spec.Type != corev1.ServiceTypeLoadBalancer ||
			slices.ContainsFunc(p.AllowedAnnotations, func(a allowedAnnotation) bool { return a.in(service.Annotations) }) {
			return nil
		}
		path := (*workload.Path)(nil).Child("spec", "type")
		return []Finding{invalid(path, string(service.Spec.Type), detail).
			spansLater(func() []part { return append(exposure(service), sources(service)...) })}
	}, mistakes.ToAggregate()
}
