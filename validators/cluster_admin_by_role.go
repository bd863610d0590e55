package validators

import (
	"fmt"
	"maps"
	"slices"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "cluster-admin-by-role",
	Summary: "bindings to a role of one's own that grants everything",
	Doc: `
A role with the verbs *, the resources * and the apiGroups * is cluster-admin by
another name. rbac-cluster-admin-binding goes by the name; this check looks
into the role that is bound.

    rules:
    - apiGroups: ["*"]
      resources: ["*"]
      verbs: ["*"]

ClusterRoles that are aggregated have the rules of all that their selectors
select among the inputs. A RoleBinding grants everything in its namespace,
Secrets and Pods among it. Bind a role that grants what is used.
`,
	Severity:   High,
	References: params.Refs(params.Polaris, "rolebindingClusterAdminRole"),
	OverSet: &OverSet{
		Kinds: bindingKinds,
		Needs: sets.Bindings | sets.Roles,
		New:   withoutSetParameters(mustNotGrantEverything),
	},
})

func mustNotGrantEverything(all *sets.Set, found func(*sets.Object, Finding)) {
	everything := rolesOfEverything(all)
	for n := range all.Namespaces() {
		for _, b := range n.Bindings {
			role := roleKey{kind: b.RoleKind, name: b.Role}
			if b.RoleKind == "Role" {
				role.namespace = b.Namespace
			}
			if everything[role] {
				found(&b.Object, invalid((*workload.Path)(nil).Child("roleRef", "name"), b.Role,
					fmt.Sprintf("must be a role that grants what is used: this %s grants everything", b.RoleKind)))
			}
		}
	}
}

type roleKey struct{ kind, namespace, name string }

func rolesOfEverything(all *sets.Set) map[roleKey]bool {
	everything := map[roleKey]bool{}
	parts := map[string]*sets.Role{} // one for all that have the same labels
	for n := range all.Namespaces() {
		for _, r := range n.Roles {
			if r.Everything {
				everything[roleKey{r.Kind, r.Namespace, r.Name}] = true
				parts[r.Kind+" "+fmt.Sprint(r.Labels)] = r
			}
		}
	}
	// Many roles that select many others must not take each other's number of steps.
	aggregated := map[string]bool{}
	for _, r := range all.Namespace("").Roles {
		selectors := fmt.Sprint(r.Aggregates)
		has, known := aggregated[selectors]
		if !known {
			has = slices.ContainsFunc(slices.Collect(maps.Values(parts)), r.Has)
			aggregated[selectors] = has
		}
		if has {
			everything[roleKey{r.Kind, "", r.Name}] = true
		}
	}
	return everything
}
