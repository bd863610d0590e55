package validators

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "scc-privileged",
	Summary: "SecurityContextConstraints of OpenShift that allow privileged containers",
	Doc: `
Whoever may use such constraints runs privileged containers, and with them
everything on the node. OpenShift has one of its own for what needs that,
called privileged; write another that names the capabilities which are used:

    allowPrivilegedContainer: false
    allowedCapabilities: [NET_ADMIN]

An update that lets further users or groups use it is refused as well.
`,
	Severity:   High,
	References: params.Refs(params.KubeLinter, "scc-deny-privileged-container"),
	Resources:  []Resource{written(schema.GroupVersion{Group: "security.openshift.io", Version: "v1"}, "securitycontextconstraints")},
	New:        withoutParameters(mustNotAllowPrivileged),
})

func mustNotAllowPrivileged(r *workload.Review) []Finding {
	object, ok := r.Object.(*unstructured.Unstructured)
	if !ok || object.GetKind() != "SecurityContextConstraints" {
		return nil
	}
	if allowed, _, err := unstructured.NestedBool(object.Object, "allowPrivilegedContainer"); err != nil || !allowed {
		return nil
	}
	path := (*workload.Path)(nil).Child("allowPrivilegedContainer")
	return []Finding{forbidden(path, "must be false").fixedBy(workload.Replace(path, false)).spansLater(func() []part {
		users, _, _ := unstructured.NestedStringSlice(object.Object, "users")
		groups, _, _ := unstructured.NestedStringSlice(object.Object, "groups")
		return []part{holds("users", users...), holds("groups", groups...)}
	})}
}
