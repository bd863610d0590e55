package validators

import (
	"iter"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// No role or binding is let pass for what it is called or labelled, be it
// system: or kubernetes.io/bootstrapping: both are anybody's to choose. Those of
// Kubernetes itself are written by the API server, whose requests the webhook
// leaves out, and what an update does not change is not refused.

var (
	clusterRoles = []Resource{written(rbacv1.SchemeGroupVersion, "clusterroles")}
	roles        = []Resource{written(rbacv1.SchemeGroupVersion, "clusterroles"), written(rbacv1.SchemeGroupVersion, "roles")}
	bindings     = []Resource{written(rbacv1.SchemeGroupVersion, "clusterrolebindings"), written(rbacv1.SchemeGroupVersion, "rolebindings")}
)

// rulesIn are the rules to evaluate in a role.
func rulesIn(r *workload.Review) []rbacv1.PolicyRule {
	// The API server's controller copies rules from other roles, where they were evaluated. If it
	// were refused, the roles admin, edit and view would stay behind an upgrade.
	if role, ok := r.Object.(*rbacv1.ClusterRole); ok && role.AggregationRule != nil && aggregates(r.User) {
		return nil
	}
	return rulesOf(r.Object)
}

func rulesOf(object workload.Object) []rbacv1.PolicyRule {
	switch role := object.(type) {
	case *rbacv1.ClusterRole:
		return role.Rules
	case *rbacv1.Role:
		return role.Rules
	default:
		return nil
	}
}

func aggregates(user authenticationv1.UserInfo) bool {
	return user.Username == "system:serviceaccount:kube-system:clusterrole-aggregation-controller" ||
		user.Username == "system:kube-controller-manager"
}

// bindingIn is what a binding binds, and to whom.
func bindingIn(r *workload.Review) (role rbacv1.RoleRef, subjects []rbacv1.Subject) {
	switch binding := r.Object.(type) {
	case *rbacv1.ClusterRoleBinding:
		return binding.RoleRef, binding.Subjects
	case *rbacv1.RoleBinding:
		return binding.RoleRef, binding.Subjects
	default:
		return rbacv1.RoleRef{}, nil
	}
}

// rulePath is the place of a rule. Rules have no names: each is known by all that it
// grants, and what is granted twice is granted once.
func rulePath(i int) *workload.Path { return (*workload.Path)(nil).Child("rules").Item(i, "") }

func subjectPath(i int, s rbacv1.Subject) *workload.Path {
	return (*workload.Path)(nil).Child("subjects").Item(i, describeSubject(s))
}

func describeSubject(s rbacv1.Subject) string {
	if s.Namespace != "" {
		return s.Kind + " " + s.Namespace + "/" + s.Name
	}
	return s.Kind + " " + s.Name
}

// grant is a permission that a rule may give.
type grant struct {
	group, resource string
	verbs           []string // none means any
	// allowNamed lets pass a rule that is limited by resourceNames.
	allowNamed bool
}

// in are the verbs that a rule grants of it.
func (g grant) in(rule *rbacv1.PolicyRule) (verbs []string) {
	if g.allowNamed && len(rule.ResourceNames) > 0 || !covers(rule.APIGroups, g.group) || !coversResource(rule.Resources, g.resource) {
		return nil
	}
	if len(g.verbs) == 0 {
		return rule.Verbs
	}
	for _, verb := range g.verbs {
		if covers(rule.Verbs, verb) {
			verbs = append(verbs, verb)
		}
	}
	return verbs
}

func covers(names []string, name string) bool {
	return slices.Contains(names, name) || slices.Contains(names, "*")
}

// coversResource goes by the API server's rules: * covers subresources too, and
// */exec those of every resource.
func coversResource(names []string, name string) bool {
	_, subresource, isSub := strings.Cut(name, "/")
	return covers(names, name) || isSub && slices.ContainsFunc(names, func(n string) bool {
		of, sub, found := strings.Cut(n, "/")
		return found && of == "*" && sub == subresource
	})
}

// grants are what a check refuses.
type grants []grant

// evaluate has one finding for each rule.
func (gs grants) evaluate(r *workload.Review) (findings []Finding) {
	rules := rulesIn(r)
	for i := range rules {
		if granted := gs.in(&rules[i]); len(granted) > 0 {
			findings = append(findings, forbidden(rulePath(i), "must not grant "+oneOf(granted)).
				spansLater(func() []part { return []part{gs.permissions(&rules[i])} }).shared())
		}
	}
	return findings
}

// in are those of the grants that a rule gives, each with its verbs.
func (gs grants) in(rule *rbacv1.PolicyRule) (granted []string) {
	for _, g := range gs {
		if verbs := g.in(rule); len(verbs) > 0 {
			granted = append(granted, g.resource+" ("+strings.Join(verbs, ", ")+")")
		}
	}
	return granted
}

// permissions are all that a rule gives of the grants, one item for each resource, verb and, where
// it is limited to some, name. What else the rule gives is not what the check is about.
func (gs grants) permissions(rule *rbacv1.PolicyRule) part {
	given := holds("permissions").in(widerPermissions)
	names := rule.ResourceNames
	if len(names) == 0 {
		names = []string{"*"}
	}
	for _, g := range gs {
		for _, verb := range g.in(rule) {
			for _, name := range names {
				given.items.list = append(given.items.list, permission(g.group+"/"+g.resource, verb, name))
			}
		}
	}
	return given
}

func permission(resource, verb, name string) string { return resource + " " + verb + " " + name }

func widerPermissions(item string) iter.Seq[string] {
	resource, rest, _ := strings.Cut(item, " ")
	verb, name, _ := strings.Cut(rest, " ")
	return slices.Values([]string{permission(resource, "*", name), permission(resource, verb, "*"), permission(resource, "*", "*")})
}
