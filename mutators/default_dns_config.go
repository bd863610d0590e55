package mutators

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-dns-config",
	Summary: "sets the DNS policy, name servers, search domains and resolver options",
	Doc: `Where nodes have a DNS cache of their own, or names of the company are to be
found without their domain, every Pod would have to say so. To ask a cache on
the node:

    policy: None
    nameservers: [169.254.20.10]
    searches: [svc.cluster.local, cluster.local]
    options: [{name: ndots, value: "2"}, {name: edns0}]

The policy replaces ClusterFirst, also where the user has set it: the API
server has set it for every Pod by the time that Pods are completed.
ClusterFirst on the host's network asks the node's DNS, and stays, unless the
policy here is ClusterFirstWithHostNet, which is set on such Pods alone.

A Pod that names servers of its own, or has another policy, is left alone.
Search domains are set where a Pod has none, and options are added to those
that it has. With no policy here, servers, domains and options are added to
Pods that ask the cluster's DNS.`,
	References: params.Refs(params.Kyverno, "dns-policy-and-dns-config"),
	New:        newDNSConfig,
})

type dnsConfig struct {
	Policy      corev1.DNSPolicy            `json:"policy" doc:"the dnsPolicy in place of ClusterFirst: Default, None or ClusterFirstWithHostNet"`
	Nameservers []string                    `json:"nameservers" doc:"addresses of name servers, 3 at most; policy None needs one"`
	Searches    []string                    `json:"searches" doc:"search domains, 32 at most"`
	Options     []corev1.PodDNSConfigOption `json:"options" doc:"options of the resolver, such as {name: ndots, value: \"2\"}"`
}

func newDNSConfig(decode params.Decode) (Mutate, error) {
	var p dnsConfig
	if err := decode(&p); err != nil {
		return nil, err
	}
	return p.mutate, p.validate().ToAggregate()
}

func (p *dnsConfig) mutate(r *workload.Review) {
	pod := r.Pod
	if !p.suits(pod.Spec) {
		return
	}
	if p.Policy != "" {
		pod.ReplaceDNSPolicy(p.Policy)
	}
	pod.SetDNSNameservers(p.Nameservers)
	pod.SetDNSSearches(p.Searches)
	for _, option := range p.Options {
		pod.AppendDNSOption(option)
	}
}

// suits tells whether a Pod has chosen nothing else. On the host's network ClusterFirst means Default.
func (p *dnsConfig) suits(spec *corev1.PodSpec) bool {
	if spec.DNSConfig != nil && len(spec.DNSConfig.Nameservers) > 0 {
		return false
	}
	first := spec.DNSPolicy == corev1.DNSClusterFirst || spec.DNSPolicy == ""
	switch p.Policy {
	case "":
		return asksClusterDNS(spec)
	case corev1.DNSClusterFirstWithHostNet:
		return spec.HostNetwork && (first || spec.DNSPolicy == p.Policy)
	default:
		return !spec.HostNetwork && first
	}
}

// What the API server takes of a Pod's dnsConfig.
const (
	maxNameservers    = 3
	maxSearches       = 32
	maxSearchesLength = 2048
)

func (p *dnsConfig) validate() (mistakes field.ErrorList) {
	policies := []corev1.DNSPolicy{corev1.DNSDefault, corev1.DNSNone, corev1.DNSClusterFirstWithHostNet}
	if p.Policy != "" && !slices.Contains(policies, p.Policy) {
		mistakes = append(mistakes, field.NotSupported(field.NewPath("policy"), p.Policy, policies))
	}
	if p.Policy == "" && len(p.Nameservers) == 0 && len(p.Searches) == 0 && len(p.Options) == 0 {
		mistakes = append(mistakes, field.Required(field.NewPath("policy"), "must be set, or nameservers, searches or options"))
	}
	at := field.NewPath("nameservers")
	if p.Policy == corev1.DNSNone && len(p.Nameservers) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a server, as there is none with policy None"))
	}
	if len(p.Nameservers) > maxNameservers {
		mistakes = append(mistakes, field.TooMany(at, len(p.Nameservers), maxNameservers))
	}
	for i, address := range p.Nameservers {
		if _, err := netip.ParseAddr(address); err != nil {
			mistakes = append(mistakes, field.Invalid(at.Index(i), address, "must be an IP address"))
		}
	}
	for i, option := range p.Options {
		if option.Name == "" {
			mistakes = append(mistakes, field.Required(field.NewPath("options").Index(i).Child("name"), "must be set"))
		}
	}
	return append(mistakes, p.wrongSearches()...)
}

func (p *dnsConfig) wrongSearches() (mistakes field.ErrorList) {
	at := field.NewPath("searches")
	if len(p.Searches) > maxSearches {
		mistakes = append(mistakes, field.TooMany(at, len(p.Searches), maxSearches))
	}
	if all := strings.Join(p.Searches, " "); len(all) > maxSearchesLength {
		mistakes = append(mistakes, field.Invalid(at, field.OmitValueType{}, fmt.Sprintf("must have at most %d characters in all", maxSearchesLength)))
	}
	for i, domain := range p.Searches {
		if name := strings.TrimSuffix(domain, "."); domain != "." && len(validation.IsDNS1123Subdomain(name)) > 0 {
			mistakes = append(mistakes, field.Invalid(at.Index(i), domain, "must be a domain, such as svc.cluster.local"))
		}
	}
	return mistakes
}
