package workload

import corev1 "k8s.io/api/core/v1"

// ReplaceDNSPolicy replaces dnsPolicy, which the API server has set where the user has not.
func (p *Pod) ReplaceDNSPolicy(policy corev1.DNSPolicy) {
	if p.Spec.DNSPolicy == policy {
		return
	}
	p.change(p.SpecPath().Child("dnsPolicy"), p.Spec.DNSPolicy != "", string(policy))
	p.Spec.DNSPolicy = policy
}

// SetDNSNameservers sets dnsConfig.nameservers.
func (p *Pod) SetDNSNameservers(addresses []string) {
	if config := p.Spec.DNSConfig; len(addresses) == 0 || config != nil && len(config.Nameservers) > 0 {
		return
	}
	p.recordDNSConfig("nameservers", addresses)
	p.dnsConfig().Nameservers = addresses
}

// SetDNSSearches sets dnsConfig.searches.
func (p *Pod) SetDNSSearches(domains []string) {
	if config := p.Spec.DNSConfig; len(domains) == 0 || config != nil && len(config.Searches) > 0 {
		return
	}
	p.recordDNSConfig("searches", domains)
	p.dnsConfig().Searches = domains
}

// AppendDNSOption appends to dnsConfig.options, unless an option of that name is there.
func (p *Pod) AppendDNSOption(option corev1.PodDNSConfigOption) {
	config := p.Spec.DNSConfig
	if config == nil {
		options := []corev1.PodDNSConfigOption{option}
		p.recordDNSConfig("options", options)
		p.dnsConfig().Options = options
		return
	}
	for i := range config.Options {
		if config.Options[i].Name == option.Name {
			return
		}
	}
	p.recordItem(p.SpecPath().Child("dnsConfig", "options"), config.Options == nil, option)
	config.Options = append(config.Options, option)
}

func (p *Pod) recordDNSConfig(field string, value any) {
	p.record(p.SpecPath(), []string{"dnsConfig", field}, count(p.Spec.DNSConfig != nil), value)
}

func (p *Pod) dnsConfig() *corev1.PodDNSConfig {
	if p.Spec.DNSConfig == nil {
		p.Spec.DNSConfig = &corev1.PodDNSConfig{}
	}
	return p.Spec.DNSConfig
}
