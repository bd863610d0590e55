package validators

import (
	networkingv1 "k8s.io/api/networking/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "ingress-default-backend",
	Summary: "Ingresses with a default backend",
	Doc: `
A default backend takes every request that no rule takes, whatever its host: in
a cluster that many share, the mistyped and the not yet claimed names of all the
others.

Write a rule with a host instead:

    rules:
    - host: shop.example.com
      http:
        paths:
        - path: /
          pathType: Prefix
          backend:
            service: {name: web, port: {name: http}}
`,
	Severity:   Medium,
	References: params.Refs(params.Kyverno, "restrict-ingress-defaultbackend"),
	Resources:  only(`object.?spec.?defaultBackend.hasValue()`, ingresses...),
	New:        withoutParameters(mustHaveNoDefaultBackend),
})

func mustHaveNoDefaultBackend(r *workload.Review) []Finding {
	ingress, ok := r.Object.(*networkingv1.Ingress)
	if !ok || ingress.Spec.DefaultBackend == nil {
		return nil
	}
	path := (*workload.Path)(nil).Child("spec", "defaultBackend")
	f := forbidden(path, "must not be set").spans(holds("backend", asJSON(ingress.Spec.DefaultBackend)))
	// An Ingress needs one or the other.
	if len(ingress.Spec.Rules) > 0 {
		f = f.fixedBy(workload.Remove(path))
	}
	return []Finding{f}
}
