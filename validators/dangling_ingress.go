package validators

import (
	"fmt"
	"slices"
	"strconv"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "dangling-ingress",
	Summary: "Ingresses that lead to a Service or a port that is not there",
	Doc: `
An Ingress leads to a port of a Service of its own namespace. Where there is no
such Service, or it has no such port, people get a 503 from the ingress
controller, and the Ingress itself looks well.

    backend:
      service:
        name: web
        port: {name: http}    # or {number: 80}: the Service's, not the Pods'

Backends that are resources are left alone, and so are the actions of the AWS
Load Balancer Controller (port name use-annotation).
`,
	Severity:   Medium,
	References: params.Refs(params.KubeLinter, "dangling-ingress"),
	OverSet: &OverSet{
		Kinds: ingressKinds,
		Needs: sets.Ingresses | sets.Services | sets.Workloads,
		New:   withoutSetParameters(mustLeadToServices),
	},
})

func mustLeadToServices(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		if !n.Known() {
			continue
		}
		services := map[string][]*sets.Service{} // several variants of one, where there are overlays
		for _, s := range n.Services {
			services[s.Name] = append(services[s.Name], s)
		}
		for _, in := range n.Ingresses {
			for _, b := range in.Backends {
				if f, missing := leadsNowhere(b, services[b.Service], n); missing {
					found(&in.Object, f)
				}
			}
		}
	}
}

func leadsNowhere(b sets.Backend, to []*sets.Service, in *sets.Namespace) (Finding, bool) {
	if len(to) == 0 {
		return absent(placeAt(b.Path, "name"), "Service", b.Service, in), true
	}
	var ports []string
	for _, s := range to {
		if s.AnyPort {
			return Finding{}, false
		}
		for _, p := range s.Ports {
			if b.PortName == p.Name && p.Name != "" || b.PortName == "" && b.PortNumber == p.Number {
				return Finding{}, false
			}
			if b.PortName == "" || p.Name == "" {
				ports = append(ports, strconv.Itoa(int(p.Number)))
			} else {
				ports = append(ports, p.Name)
			}
		}
	}
	slices.Sort(ports)
	detail := fmt.Sprintf("must be a port of Service %q: %s", shorten(b.Service), oneOf(slices.Compact(ports)))
	if len(ports) == 0 {
		detail = fmt.Sprintf("must be a port of Service %q, which has none", shorten(b.Service))
	}
	if len(detail) > maxDetail {
		detail = "must be a port of the Service"
	}
	if b.PortName != "" {
		return invalid(placeAt(b.Path, "port", "name"), b.PortName, detail), true
	}
	return invalid(placeAt(b.Path, "port", "number"), b.PortNumber, detail), true
}
