package validators

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "ingress-tls",
	Summary: "Ingresses with a host that is not under tls",
	Doc: `
A host that no entry under tls names is served in plain text: passwords and
cookies can be read by everybody on the way, and pages changed.

    tls:
    - hosts: [shop.example.com]
      secretName: shop-tls
    rules:
    - host: shop.example.com

A wildcard under tls covers the hosts one level below it. An entry without hosts
stands for the controller's own wildcard and covers every host, rules without a
host and a default backend alone.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-ingress-https", "ingress-host-match-tls"),
		params.Refs(params.Gatekeeper, "K8sHttpsOnly"),
		params.Refs(params.Polaris, "tlsSettingsMissing"),
	),
	Resources: ingresses,
	New:       withoutParameters(mustHaveTLS),
})

var ingresses = []Resource{written(networkingv1.SchemeGroupVersion, "ingresses")}

func mustHaveTLS(r *workload.Review) (findings []Finding) {
	ingress, ok := r.Object.(*networkingv1.Ingress)
	if !ok {
		return nil
	}
	if coversEveryHost(ingress.Spec.TLS) {
		return nil
	}
	tls := tlsHosts{entries: ingress.Spec.TLS}
	if len(ingress.Spec.Rules) == 0 {
		path := (*workload.Path)(nil).Child("spec", "tls")
		findings = append(findings, required(path, "must have an entry without hosts for the default backend"))
	}
	for i, rule := range ingress.Spec.Rules {
		switch {
		case rule.Host == "":
			findings = append(findings, required(hostPath(i, rule), "must be set, or have an entry without hosts under tls").spansLater(served(&ingress.Spec.Rules[i])))
		case !tls.cover(rule.Host):
			findings = append(findings, invalid(hostPath(i, rule), rule.Host, "must be among the hosts under tls").spansLater(served(&ingress.Spec.Rules[i])))
		}
	}
	return findings
}

func hostPath(i int, rule networkingv1.IngressRule) *workload.Path {
	return (*workload.Path)(nil).Child("spec", "rules").Item(i, rule.Host).Child("host")
}

// served is what a rule serves: a path beside is more of what its host must not be.
// A rule without paths serves all. Where they lead to says nothing of the host.
func served(rule *networkingv1.IngressRule) func() []part {
	return func() []part {
		host, paths := holds("host", rule.Host), holds("paths")
		if rule.HTTP == nil || len(rule.HTTP.Paths) == 0 {
			return []part{host}
		}
		for _, p := range rule.HTTP.Paths {
			kind := ptr.Deref(p.PathType, networkingv1.PathTypeImplementationSpecific)
			paths.items.list = append(paths.items.list, string(kind)+" "+p.Path)
		}
		return []part{host, paths}
	}
}

// coversEveryHost goes by what the API says of hosts that are left out: they default to the
// wildcard of the controller.
func coversEveryHost(entries []networkingv1.IngressTLS) bool {
	return slices.ContainsFunc(entries, func(t networkingv1.IngressTLS) bool { return len(t.Hosts) == 0 })
}

// tlsHosts are the hosts under tls.
type tlsHosts struct {
	entries []networkingv1.IngressTLS
	asked   int
	named   map[string]bool
}

func (t *tlsHosts) cover(host string) bool {
	_, domain, _ := strings.Cut(host, ".")
	if t.asked++; t.asked > maxWalks {
		if t.named == nil {
			t.named = map[string]bool{}
			for _, entry := range t.entries {
				for _, covered := range entry.Hosts {
					t.named[covered] = true
				}
			}
		}
		return t.named[host] || t.named["*."+domain]
	}
	return slices.ContainsFunc(t.entries, func(entry networkingv1.IngressTLS) bool {
		return slices.ContainsFunc(entry.Hosts, func(covered string) bool {
			below, wildcard := strings.CutPrefix(covered, "*.")
			return covered == host || wildcard && below == domain
		})
	})
}
