package check

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/workload"
)

// inputServiceAccounts is what the inputs say of service accounts, by namespace and name.
type inputServiceAccounts map[[2]string]*workload.ServiceAccount

func serviceAccountsIn(objects []*manifest.Object) inputServiceAccounts {
	accounts := inputServiceAccounts{}
	for _, object := range objects {
		switch gvk := object.GroupVersionKind(); {
		case gvk == corev1.SchemeGroupVersion.WithKind("ServiceAccount"):
			accounts.addAccount(object)
		case gvk.Group == rbacv1.GroupName && (gvk.Kind == "RoleBinding" || gvk.Kind == "ClusterRoleBinding"):
			accounts.addBinding(object)
		}
	}
	return accounts
}

func (a inputServiceAccounts) get(namespace, name string) *workload.ServiceAccount {
	return a[[2]string{namespace, name}]
}

func (a inputServiceAccounts) addAccount(object *manifest.Object) {
	var account corev1.ServiceAccount
	// What cannot be read is told when its turn comes.
	if kjson.UnmarshalCaseSensitivePreserveInts(object.Raw, &account) == nil {
		a.of(admission.Namespace(object, true), object.Name).Automount = account.AutomountServiceAccountToken
	}
}

// addBinding reads the subjects, which bindings of both kinds have in common.
func (a inputServiceAccounts) addBinding(object *manifest.Object) {
	var binding rbacv1.RoleBinding
	if kjson.UnmarshalCaseSensitivePreserveInts(object.Raw, &binding) != nil {
		return
	}
	for _, subject := range binding.Subjects {
		if subject.Kind == rbacv1.ServiceAccountKind {
			a.of(cmp.Or(subject.Namespace, admission.Namespace(object, true)), subject.Name).Bound = true
		}
	}
}

func (a inputServiceAccounts) of(namespace, name string) *workload.ServiceAccount {
	key := [2]string{namespace, name}
	if a[key] == nil {
		a[key] = &workload.ServiceAccount{}
	}
	return a[key]
}
