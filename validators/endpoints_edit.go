package validators

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "endpoints-edit",
	Summary: "ClusterRoles that let everybody with the role edit or admin write Endpoints",
	Doc: `
The rules of a ClusterRole labelled rbac.authorization.k8s.io/aggregate-to-edit
are everybody's who has the role edit. With Endpoints among them they can send a
Service's traffic, and through a load balancer the world's, to Pods of other
Namespaces that no network policy lets them reach (CVE-2021-25740).

Leave endpoints and endpointslices out of it. A controller that writes them gets
a role of its own, without such a label.

Clusters that began before Kubernetes 1.22 still have it in
system:aggregate-to-edit; take it out there.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.CVE, "CVE-2021-25740"),
		params.Refs(params.Kyverno, "restrict-edit-for-endpoints"),
		params.Refs(params.Gatekeeper, "K8sBlockEndpointEditDefaultRole"),
	),
	Resources: clusterRoles,
	New:       withoutParameters(mustNotLetEditEndpoints),
})

var editEndpoints = grants{
	{group: "", resource: "endpoints", verbs: []string{"create", "update", "patch"}},
	{group: "discovery.k8s.io", resource: "endpointslices", verbs: []string{"create", "update", "patch"}},
}

func mustNotLetEditEndpoints(r *workload.Review) (findings []Finding) {
	role, ok := r.Object.(*rbacv1.ClusterRole)
	if !ok || !isDefaultRole(role) {
		return nil
	}
	findings = editEndpoints.evaluate(r)
	for i := range findings {
		permissions := findings[i].extent.parts
		findings[i] = findings[i].spansLater(func() []part { return append(permissions(), holds("roles", defaultRolesOf(role)...)) })
	}
	return findings
}

// defaultRolesOf are the roles that a role is or becomes a part of.
func defaultRolesOf(role *rbacv1.ClusterRole) []string {
	roles := []string{role.Name}
	for label, value := range role.Labels {
		if name, aggregated := strings.CutPrefix(label, "rbac.authorization.k8s.io/aggregate-to-"); aggregated && value == "true" {
			roles = append(roles, name)
		}
	}
	return roles
}

// isDefaultRole tells whether a role is one that is handed out by default, or
// becomes a part of one.
func isDefaultRole(role *rbacv1.ClusterRole) bool {
	for label, value := range role.Labels {
		if value == "true" && strings.HasPrefix(label, "rbac.authorization.k8s.io/aggregate-to-") {
			return true
		}
	}
	return slices.Contains([]string{"admin", "edit", "view", "system:aggregate-to-edit"}, role.Name)
}
