package validators

import (
	"strings"

	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "dangling-role-binding",
	Summary: "RoleBindings and ClusterRoleBindings of a role or a ServiceAccount that is not there",
	Doc: `
A binding to a role that is not there grants nothing; one to a ServiceAccount
that is not there grants it to whoever makes an account of that name later.
Neither is told by anybody.

    roleRef:
      apiGroup: rbac.authorization.k8s.io
      kind: Role
      name: reader
    subjects:
    - kind: ServiceAccount
      name: web
      namespace: shop

Kubernetes' own ClusterRoles are known: cluster-admin, admin, edit, view and
those that begin with system:. So is the ServiceAccount default, which each
namespace has. ServiceAccounts are looked up where the inputs hold a workload
of their namespace, the ClusterRole of a ClusterRoleBinding where they do of
that of one of its ServiceAccounts.
`,
	Severity: Medium,
	OverSet: &OverSet{
		Kinds: bindingKinds,
		Needs: sets.Bindings | sets.Roles | sets.ServiceAccounts | sets.Workloads,
		New:   withoutSetParameters(mustBindWhatIsThere),
	},
})

func mustBindWhatIsThere(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		for _, b := range n.Bindings {
			if decides(b, all) && !roleIsThere(b, all) {
				in := n
				if b.RoleKind == "ClusterRole" {
					in = all.Namespace("")
				}
				found(&b.Object, absent((*workload.Path)(nil).Child("roleRef", "name"), b.RoleKind, b.Role, in))
			}
			for _, account := range b.Accounts {
				in := all.Namespace(account.Namespace)
				if in.Known() && !accountIsThere(account.Namespace, account.Name, all) {
					found(&b.Object, absent(placeAt(account.Path), "ServiceAccount", account.Name, in))
				}
			}
		}
	}
}

// decides tells whether the inputs hold a workload of a namespace that a binding is about.
func decides(b *sets.Binding, all *sets.Set) bool {
	if b.Namespace != "" {
		return all.Namespace(b.Namespace).Known()
	}
	for _, account := range b.Accounts {
		if all.Namespace(account.Namespace).Known() {
			return true
		}
	}
	return false
}

func roleIsThere(b *sets.Binding, all *sets.Set) bool {
	switch b.RoleKind {
	case "Role":
		return all.Has("Role", b.Namespace, b.Role)
	case "ClusterRole":
		return ownRoles[b.Role] || strings.HasPrefix(b.Role, "system:") || all.Has("ClusterRole", "", b.Role)
	default:
		return true // which the API server refuses
	}
}

// ownRoles are the ClusterRoles that Kubernetes makes, but for those that begin with system:.
var ownRoles = map[string]bool{"admin": true, "cluster-admin": true, "edit": true, "view": true}

// accountIsThere tells whether a namespace has a ServiceAccount. Kubernetes makes one in each.
func accountIsThere(namespace, name string, all *sets.Set) bool {
	return name == "default" || all.Has("ServiceAccount", namespace, name)
}
