package validators

import (
	"fmt"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "duplicate-ingress-path",
	Summary: "Ingresses with the same host and path as another one",
	Doc: `
Two Ingresses of one class that claim the same path of the same host take it
from each other: the controller serves one of them, mostly the older one, and
says so in its log only. In another namespace it is somebody else's host.

    rules:
    - host: shop.example.com
      http:
        paths:
        - path: /basket
          pathType: Prefix

The same path as Exact and as Prefix is no duplicate, and neither is a canary
of ingress-nginx. What is without a host or a class is compared as such.
`,
	Severity:   Medium,
	References: params.Refs(params.Kyverno, "unique-ingress-host-and-path", "unique-ingress-paths"),
	OverSet: &OverSet{
		Kinds: ingressKinds,
		Needs: sets.Ingresses,
		New:   withoutSetParameters(mustHavePathAlone),
	},
})

// ingressClaim is what an Ingress wants to have for itself.
type ingressClaim struct {
	class, host, url string
	exact            bool
}

func mustHavePathAlone(all *sets.Set, found func(*sets.Object, Finding)) {
	owners := map[ingressClaim]*sets.Ingress{}
	eachClaim(all, func(c ingressClaim, in *sets.Ingress, _ sets.IngressPath) {
		if first := owners[c]; first == nil || in.Before(&first.Object) {
			owners[c] = in
		}
	})
	eachClaim(all, func(c ingressClaim, in *sets.Ingress, p sets.IngressPath) {
		if first := owners[c]; !first.Same(&in.Object) {
			detail := "must not be a path of " + describe(&first.Object)
			if first.Namespace != in.Namespace {
				detail = bounded(detail, fmt.Sprintf(" in namespace %q", first.Namespace))
			}
			found(&in.Object, invalid(placeAt(p.Path, "path"), c.host+c.url, bounded(detail, " too")))
		}
	})
}

func eachClaim(all *sets.Set, each func(ingressClaim, *sets.Ingress, sets.IngressPath)) {
	for n := range all.Namespaces() {
		for _, in := range n.Ingresses {
			if in.Canary {
				continue
			}
			for _, p := range in.Paths {
				each(ingressClaim{in.Class, p.Host, p.URL, p.Exact}, in, p)
			}
		}
	}
}
