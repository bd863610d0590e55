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
	Name:    "dns-config",
	Summary: "Pods whose ndots is above 2, or left at Kubernetes' default of 5",
	Doc: `
Kubernetes lets a name with fewer than five dots be tried in every search domain
first. A Pod that looks up api.example.com asks for three or four names that do
not exist before it, such as api.example.com.svc.cluster.local, and twice each,
for IPv4 and IPv6. Most of what the cluster's DNS answers is that.

    spec:
      dnsConfig:
        options: [{name: ndots, value: "2"}]

With 2, web and web.shop and web.shop.svc are found as before, the latter after
one question in vain.

Pods that do not use the cluster's DNS (dnsPolicy Default or None, or
ClusterFirst on the host's network) may leave it out, as 5 is not their default,
and Windows Pods are not checked. Where ndots is there twice, the last counts,
as for the kubelet.
`,
	Severity:   Low,
	References: params.Refs(params.KubeLinter, "dnsconfig-options"),
	Resources:  podsAndTemplates,
	New:        newDNSConfig,
})

type dnsConfig struct {
	NDots int `json:"ndots" doc:"The highest ndots that is allowed."`
}

func newDNSConfig(decode params.Decode) (Validate, error) {
	p := dnsConfig{NDots: 2}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	if p.NDots < 0 || p.NDots > 15 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("ndots"), p.NDots, "must be 0 to 15"))
	}
	return onPods(func(pod *workload.Pod) []Finding {
		if pod.IsWindows() {
			return nil
		}
		config := pod.Spec.DNSConfig
		if config == nil {
			config = &noDNSConfig
		}
		last := -1
		for i, option := range config.Options {
			if option.Name == "ndots" {
				last = i
			}
		}
		if last < 0 && !usesClusterDNS(pod) || last >= 0 && p.allows(config.Options[last].Value) {
			return nil
		}
		return []Finding{p.fault(pod, last).about(pod.SpecPath().Child("dnsConfig")).above(dotsOf(config, last))}
	}), mistakes.ToAggregate()
}

var noDNSConfig corev1.PodDNSConfig

func usesClusterDNS(pod *workload.Pod) bool {
	switch pod.Spec.DNSPolicy {
	case corev1.DNSDefault, corev1.DNSNone:
		return false
	case corev1.DNSClusterFirstWithHostNet:
		return true
	default:
		return !pod.Spec.HostNetwork
	}
}

func (p *dnsConfig) allows(value *string) bool {
	if value == nil {
		return false
	}
	n, err := strconv.Atoi(*value)
	return err == nil && n >= 0 && n <= p.NDots
}

// dotsOf is the ndots that an option comes to. Without one, the kubelet writes 5.
func dotsOf(config *corev1.PodDNSConfig, at int) float64 {
	if at < 0 {
		return 5
	}
	if value := config.Options[at].Value; value != nil {
		if n, err := strconv.Atoi(*value); err == nil && n >= 0 {
			return float64(n)
		}
	}
	return unbounded
}

// fault is the finding about the option at an index, or about its absence.
func (p *dnsConfig) fault(pod *workload.Pod, at int) Finding {
	path, config := pod.SpecPath().Child("dnsConfig"), pod.Spec.DNSConfig
	detail := fmt.Sprintf("must set ndots to at most %d", p.NDots)
	option := map[string]any{"name": "ndots", "value": strconv.Itoa(p.NDots)}
	if config == nil {
		return required(path, detail).fixedBy(workload.Add(path, map[string]any{"options": []any{option}}))
	}
	path = path.Child("options")
	if at < 0 {
		return required(path, detail).fixedBy(addTo(path, len(config.Options), option))
	}
	path = path.Item(at, "ndots").Child("value")
	detail = fmt.Sprintf("must be at most %d", p.NDots)
	return mustBe(path, config.Options[at].Value, detail).fixedBy(workload.Add(path, option["value"]))
}
