package guardrail

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

func compileOverrides(in v1alpha1.NamespaceOverrides, at *field.Path) (bool, field.ErrorList) {
	in = cmp.Or(in, v1alpha1.OverridesForbidden)
	if known := []v1alpha1.NamespaceOverrides{v1alpha1.OverridesAllowed, v1alpha1.OverridesForbidden}; !slices.Contains(known, in) {
		return false, field.ErrorList{field.NotSupported(at, in, known)}
	}
	return in == v1alpha1.OverridesAllowed, nil
}

// soften makes less of a Deny where the label of the Namespace says so and the guardrail lets it.
// The Namespace is looked up only when that can matter: most reviews need none.
func (f *Finding) soften(g *guardrail, r *workload.Review) {
	if f.Action != v1alpha1.Deny || !g.overrides {
		return
	}
	namespace := r.NamespaceMeta()
	if namespace == nil {
		return
	}
	switch namespace.Labels[v1alpha1.ActionLabel] {
	case "warn":
		f.Action, f.Softened = v1alpha1.Warn, true
	case "audit":
		f.Action, f.Softened = v1alpha1.Audit, true
	}
}
