package linters

import (
	"fmt"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// ReadsKRail tells whether an object is k-rail's configuration or its list of exemptions.
func ReadsKRail(o *policy.Object) bool { return o.Kind == KRail || o.Kind == KRailExemption }

type kRail struct {
	Policies []struct {
		Name       string `json:"name"`
		Enabled    bool   `json:"enabled"`
		ReportOnly bool   `json:"report_only"`
	} `json:"policies"`
	GlobalReportOnly      bool             `json:"global_report_only"`
	BlacklistedNamespaces []string         `json:"blacklisted_namespaces"`
	PolicyConfig          map[string]any   `json:"policy_config"`
	PluginConfig          map[string]any   `json:"plugin_config"`
	Exemptions            []kRailExemption `json:"exemptions"`
	LogLevel              string           `json:"log_level"`
	ClusterName           string           `json:"cluster_name"`
	TLS                   map[string]any   `json:"tls"`
}

type kRailExemption struct {
	ClusterName    string   `json:"cluster_name"`
	ResourceName   string   `json:"resource_name"`
	Namespace      string   `json:"namespace"`
	Username       string   `json:"username"`
	Group          string   `json:"group"`
	ExemptPolicies []string `json:"exempt_policies"`
}

// OfKRail makes a check of each policy that is enabled.
func OfKRail(o *policy.Object, in *policy.Inputs) []policy.Rule {
	var c kRail
	unknown, err := policy.Decode(o.Content, &c)
	if err != nil {
		return left("its fields cannot be read: "+err.Error(), "mend it")
	}
	if o.Kind == KRailExemption {
		return c.exemptions(in)
	}
	out := leftUnknown(unknown)
	t := tables["k-rail"]()
	for _, p := range c.Policies {
		if !p.Enabled {
			continue
		}
		action := v1alpha1.Deny
		if p.ReportOnly || c.GlobalReportOnly {
			action = v1alpha1.Audit
		}
		r := policy.Rule{Name: p.Name}
		changed, why := c.parameters(&r, p.Name)
		if why != "" {
			r.Leave(why, byHand)
		} else {
			t.become(&r, p.Name, action, changed)
		}
		for i := range r.Parts {
			policy.NotInNamespaces(&r.Parts[i].Match, c.BlacklistedNamespaces)
		}
		out = append(out, r)
	}
	for _, name := range keys(c.PluginConfig) {
		r := policy.Rule{Name: "plugin " + name}
		r.Leave("it is a plugin", byHand)
		out = append(out, r)
	}
	return append(out, c.exemptions(in)...)
}

// parameters are what policy_config has for a policy.
func (c *kRail) parameters(r *policy.Rule, name string) (changed map[string]map[string]any, why string) {
	switch name {
	case "pod_trusted_repository":
		list, _ := c.PolicyConfig["policy_trusted_repository_regexes"].([]any)
		allowed := []string{}
		for _, item := range list {
			literal, is := strings.CutPrefix(fmt.Sprint(item), "^")
			literal = strings.ReplaceAll(strings.TrimSuffix(literal, ".*"), `\.`, ".")
			if !is || strings.ContainsAny(literal, `\[](){}*+?|$`) || !strings.HasSuffix(literal, "/") {
				return nil, fmt.Sprintf("the pattern %v is no beginning of images that ends in /", item)
			}
			literal = strings.TrimSuffix(literal, "/")
			if strings.Contains(literal, "/") {
				literal += "/*"
			}
			allowed = append(allowed, literal)
		}
		r.Differ("Images are parsed here: nginx is docker.io/library/nginx.")
		return map[string]map[string]any{"image-registry-allowed": {"allowed": allowed}}, ""
	case "pod_empty_dir_size_limit":
		sizes, _ := c.PolicyConfig["mutate_empty_dir_size_limit"].(map[string]any)
		changed = map[string]map[string]any{}
		if most := sizes["maximum_size_limit"]; most != nil {
			changed["empty-dir-size-limit"] = map[string]any{"max": most}
		}
		if size := sizes["default_size_limit"]; size != nil {
			changed["default-empty-dir-size"] = map[string]any{"size": size}
		}
		return changed, ""
	case "pod_image_pull_policy":
		r.Differ("It holds for all images; there for those that fit a pattern.")
	case "service_require_loadbalancer_exemption":
		return nil, "which annotations a load balancer needs is a list of conditions"
	}
	return nil, ""
}

func (c *kRail) exemptions(in *policy.Inputs) (out []policy.Rule) {
	for i := range c.Exemptions {
		e := &c.Exemptions[i]
		r := policy.Rule{Name: fmt.Sprintf("exemptions[%d]", i)}
		of := configured(in, KRail)
		anybody := func(s string) bool { return s == "" || s == "*" }
		switch {
		case of == nil:
			r.Leave("the configuration that it is an exception from is not among the inputs", "give it as input, too")
		case anybody(e.Namespace) || policy.IsGlob(e.Namespace):
			r.Leave("it holds in namespaces that are not named one by one, and an Exemption holds in one", ownExemption)
		case !anybody(e.Username) || !anybody(e.Group) || !anybody(e.ClusterName):
			r.Leave("it goes by who asks or by the cluster, and an Exemption does not", ownExemption)
		case policy.IsGlob(strings.TrimSuffix(e.ResourceName, "*")):
			r.Leave("its name has wildcards other than at its end", ownExemption)
		default:
			spec := v1alpha1.ExemptionSpec{}
			if !anybody(e.ResourceName) {
				spec.Names = prefixes([]string{e.ResourceName})
			}
			rules := e.ExemptPolicies
			if len(rules) == 1 && rules[0] == "*" {
				rules = nil
			}
			exempts(&r, in, of, rules, fmt.Sprintf("k-rail-%d", i), e.Namespace, "exemption of k-rail's configuration", spec)
		}
		out = append(out, r)
	}
	return out
}
