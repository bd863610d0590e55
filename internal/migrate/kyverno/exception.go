package kyverno

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// exception is a PolicyException, of classic policies or of those in CEL.
type exception struct {
	Background *bool     `json:"background"`
	Match      selection `json:"match"`
	Conditions any       `json:"conditions"`
	Exceptions []struct {
		PolicyName string   `json:"policyName"`
		RuleNames  []string `json:"ruleNames"`
	} `json:"exceptions"`
	PodSecurity []podSecurityExcept `json:"podSecurity"`

	PolicyRefs []struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
	} `json:"policyRefs"`
	MatchConditions []struct {
		Name       string `json:"name"`
		Expression string `json:"expression"`
	} `json:"matchConditions"`
	ReportResult string `json:"reportResult"`
}

const ownExemption = "write an Exemption for the namespaces that need it"

// placeholder is the owner that whoever reads the Exemption fills in.
const placeholder = "fill-in-the-owner"

func ofException(o *policy.Object, in *policy.Inputs) []policy.Rule {
	var e exception
	unknown, err := policy.Decode(o.Content["spec"], &e)
	r := policy.Rule{}
	switch {
	case err != nil:
		r.Leave("its fields cannot be read: "+err.Error(), "mend it")
	case len(unknown) > 0:
		r.Leave("it has fields that are not known here: "+strings.Join(unknown, ", "), ownExemption)
	case e.Conditions != nil || len(e.MatchConditions) > 0:
		r.Leave("it holds under conditions, and an Exemption has none", ownExemption)
	case len(e.PodSecurity) > 0:
		r.Leave("it excepts from single controls for some images", ownExemption+", naming pod-security/CONTROL and images")
	default:
		e.become(&r, o, in)
	}
	return []policy.Rule{r}
}

func (e *exception) become(r *policy.Rule, o *policy.Object, in *policy.Inputs) {
	for _, one := range e.Exceptions {
		namespace, name, found := strings.Cut(one.PolicyName, "/")
		if !found {
			namespace, name = "", one.PolicyName
		}
		rules := []string{}
		for _, rule := range one.RuleNames { // those that Kyverno has made for controllers are one with theirs
			rules = append(rules, strings.TrimPrefix(strings.TrimPrefix(rule, "autogen-cronjob-"), "autogen-"))
		}
		r.Excepts = append(r.Excepts, policy.Reference{Namespace: namespace, Policy: name, Rules: rules})
	}
	for _, ref := range e.PolicyRefs {
		r.Excepts = append(r.Excepts, policy.Reference{Kinds: []string{ref.Kind}, Policy: ref.Name})
	}
	filters, all := e.Match.filters()
	if len(e.PolicyRefs) > 0 && len(e.Match.Any)+len(e.Match.All) == 0 {
		r.Leave("it holds in every namespace, and an Exemption in one", ownExemption)
		return
	}
	if all && len(filters) > 1 {
		r.Leave("it holds where several filters fit at once", ownExemption)
		return
	}
	part := policy.Part{}
	for i := range filters {
		some, why := exemptions(&filters[i], o, in)
		if why != "" {
			r.Leave(why, ownExemption)
			return
		}
		part.Exemptions = append(part.Exemptions, some...)
	}
	r.Parts = []policy.Part{part}
	r.Differ("It needs an owner, in place of " + placeholder + ", and ends in 90 days at the latest.")
	if kinds := kindsOf(filters); len(kinds) > 0 && !slices.Contains(kinds, "Pod") {
		r.Differ("It holds for workloads of every kind by these names or labels.")
	}
}

func kindsOf(filters []filter) (all []string) {
	for i := range filters {
		for _, text := range filters[i].Resources.Kinds {
			all = append(all, parseKind(text).kind)
		}
	}
	return all
}

// exemptions are those of one filter, an Exemption for each namespace. What they cannot say they would
// have to widen.
func exemptions(f *filter, o *policy.Object, in *policy.Inputs) ([]v1alpha1.Exemption, string) {
	d := f.Resources
	names := slices.Clone(d.Names)
	if d.Name != "" {
		names = append(names, d.Name)
	}
	switch {
	case len(f.Subjects)+len(f.Roles)+len(f.ClusterRoles) > 0:
		return nil, "it goes by who asks, and an Exemption does not"
	case len(d.Namespaces) == 0 || slices.ContainsFunc(d.Namespaces, policy.IsGlob) || d.NamespaceSelector != nil:
		return nil, "it holds in namespaces that are not named one by one, and an Exemption holds in one"
	case len(d.Annotations) > 0 || len(d.Operations) > 0:
		return nil, "it goes by annotations or operations, and an Exemption does not"
	case globsIn(d.Selector):
		return nil, "its selector has wildcards"
	case slices.ContainsFunc(names, func(name string) bool {
		return policy.IsGlob(strings.TrimSuffix(name, "*")) || name == "*" && len(names) > 1
	}):
		return nil, "its names have wildcards other than at their end"
	}
	if slices.Contains(names, "*") {
		names = nil
	}
	var all []v1alpha1.Exemption
	for _, namespace := range d.Namespaces {
		e := v1alpha1.Exemption{}
		e.Name, e.Namespace = policy.Label(o.Name), namespace
		e.Spec = v1alpha1.ExemptionSpec{
			Selector: policy.Selects(d.Selector), Names: names,
			Reason: fmt.Sprintf("PolicyException %s of Kyverno", o.Name), Owner: placeholder,
			Expires: in.Now.Add(89 * 24 * time.Hour).UTC().Format(time.DateOnly),
		}
		all = append(all, e)
	}
	return all, ""
}
