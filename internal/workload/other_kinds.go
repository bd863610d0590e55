package workload

import "k8s.io/apimachinery/pkg/runtime/schema"

// otherKinds are kinds of other systems that a check looks at, whose resource cannot be guessed from
// the kind. They stay unstructured.
var otherKinds = map[schema.GroupVersionKind]kind{
	{Group: "security.openshift.io", Version: "v1", Kind: "SecurityContextConstraints"}: {
		resource: "securitycontextconstraints", clusterScoped: true,
	},
}
