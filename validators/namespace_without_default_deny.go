package validators

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "namespace-without-default-deny",
	Summary: "Namespaces with workloads and no NetworkPolicy that denies by default",
	Doc: `
Where no policy selects a Pod, everything may reach it, and it may reach
everything. A policy of the namespace that selects all Pods and allows nothing
turns that round: what is needed is then allowed by others.

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: default-deny, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]

Looked at are Namespaces among the inputs that hold workloads of theirs. The two
directions may be denied by two policies. Kubernetes' own namespaces are left
alone.
`,
	Severity:   Medium,
	References: params.Refs(params.CIS, "5.3.2"),
	OverSet: &OverSet{
		Kinds: namespaceKinds,
		Needs: sets.Namespaces | sets.Workloads | sets.Policies,
		New:   newNamespaceWithoutDefaultDeny,
	},
})

type namespaceWithoutDefaultDeny struct {
	Directions []networkingv1.PolicyType `json:"directions" doc:"What must be denied by default: Ingress, Egress or both."`
}

func newNamespaceWithoutDefaultDeny(decode params.Decode) (ValidateSet, error) {
	both := []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
	p := namespaceWithoutDefaultDeny{Directions: slices.Clone(both)}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	at := field.NewPath("directions")
	if len(p.Directions) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a direction"))
	}
	for i, direction := range p.Directions {
		if !slices.Contains(both, direction) {
			mistakes = append(mistakes, field.NotSupported(at.Index(i), direction, both))
		}
	}
	return p.validate, mistakes.ToAggregate()
}

func (p *namespaceWithoutDefaultDeny) validate(all *sets.Set, found func(*sets.Object, Finding)) {
	type part struct {
		of        *sets.Namespace
		direction networkingv1.PolicyType
	}
	denied := map[part]bool{} // a Namespace may be among the inputs many times
	eachInhabited(all, func(in *sets.Object, n *sets.Namespace) {
		for _, direction := range p.Directions {
			denies, known := denied[part{n, direction}]
			if !known {
				denies = deniesByDefault(n, direction)
				denied[part{n, direction}] = denies
			}
			if !denies {
				found(in, invalid(namePath, in.Name, "must have a NetworkPolicy that selects all Pods and allows no "+string(direction)))
			}
		}
	})
}

func deniesByDefault(n *sets.Namespace, direction networkingv1.PolicyType) bool {
	return slices.ContainsFunc(n.Policies, func(p *sets.Policy) bool {
		denies := p.DeniesIngress
		if direction == networkingv1.PolicyTypeEgress {
			denies = p.DeniesEgress
		}
		return denies && p.Selector.Empty()
	})
}
