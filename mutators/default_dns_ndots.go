package mutators

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-dns-ndots",
	Summary: "sets ndots, so that names outside the cluster are looked up once",
	Doc: `Kubernetes sets ndots:5: a name with fewer dots is tried with every search
domain before it is tried as it is. To find api.example.com a Pod asks four
times for names that do not exist, and the cluster's DNS answers mostly that.

With 2, names such as web.shop and web.shop.svc go on to be searched for, and
names with more dots are taken as they are first.

A Pod that sets ndots is left alone, and so is one that does not ask the
cluster's DNS: with dnsPolicy Default or None, or with ClusterFirst on the
host's network.`,
	References: params.Refs(params.Kyverno, "add-ndots"),
	Last:       true, // default-dns-config may set another policy
	New:        newDNSNdots,
})

type dnsNdots struct {
	Ndots int `json:"ndots" doc:"how many dots make a name that is tried as it is first"`
}

func newDNSNdots(decode params.Decode) (Mutate, error) {
	p := dnsNdots{Ndots: 2}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	if p.Ndots < 1 || p.Ndots > 15 { // what resolvers take
		mistakes = append(mistakes, field.Invalid(field.NewPath("ndots"), p.Ndots, "must be 1 to 15"))
	}
	ndots := strconv.Itoa(p.Ndots)
	return func(r *workload.Review) {
		if asksClusterDNS(r.Pod.Spec) {
			r.Pod.AppendDNSOption(corev1.PodDNSConfigOption{Name: "ndots", Value: &ndots})
		}
	}, mistakes.ToAggregate()
}

func asksClusterDNS(spec *corev1.PodSpec) bool {
	switch spec.DNSPolicy {
	case corev1.DNSClusterFirst, "":
		return !spec.HostNetwork
	default:
		return spec.DNSPolicy == corev1.DNSClusterFirstWithHostNet
	}
}
