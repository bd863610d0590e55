package policyreport

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/validators"
)

// catalogue has what the rows of a check have alike, as far as it has been asked for: what is found of
// a check is found thousands of times.
type catalogue map[check]about

type check struct {
	name string
	rule bool
}

type about struct{ category, documentation string }

func (c catalogue) of(f *audit.Result) about {
	key := check{f.Validator, f.Rule}
	is, known := c[key]
	if !known {
		is.category = category(f.Validator, f.Rule)
		if !f.Rule {
			is.documentation = report.DocumentationOf(f.Validator)
		}
		c[key] = is
	}
	return is
}

// category is where viewers have a check in their menus: by what it looks at.
func category(check string, rule bool) string {
	v, known := validators.Find(check)
	looksAt := func(group string, resources ...string) bool {
		return slices.ContainsFunc(v.Resources, func(r validators.Resource) bool {
			return r.Group == group && (len(resources) == 0 || slices.Contains(resources, r.Resource))
		})
	}
	switch {
	case rule || !known:
		return "Rules"
	case v.OverSet != nil:
		return "Relations"
	case looksAt(corev1.GroupName, "configmaps") && looksAt(corev1.GroupName, "pods"):
		return "Metadata"
	case v.OfPods():
		return "Pods"
	case looksAt(rbacv1.GroupName):
		return "Access"
	case looksAt(networkingv1.GroupName), looksAt(corev1.GroupName, "services"):
		return "Network"
	case looksAt("apps"), looksAt("batch"), looksAt("autoscaling"), looksAt("policy"):
		return "Workloads"
	}
	return "Configuration"
}
