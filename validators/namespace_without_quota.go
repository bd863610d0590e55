package validators

import (
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "namespace-without-quota",
	Summary: "Namespaces with workloads and no ResourceQuota",
	Doc: `
Without a quota one namespace can take all of the cluster: an autoscaler that
runs away leaves nothing for the others.

    apiVersion: v1
    kind: ResourceQuota
    metadata: {name: compute, namespace: shop}
    spec:
      hard: {requests.cpu: "10", requests.memory: 20Gi}

Looked at are Namespaces among the inputs that hold workloads of theirs.
Kubernetes' own namespaces are left alone.
`,
	Severity:   Low,
	References: params.Refs(params.NSA, "Resource policies"),
	OverSet: &OverSet{
		Kinds: namespaceKinds,
		Needs: sets.Namespaces | sets.Workloads | sets.Quotas,
		New:   withoutSetParameters(mustHave("ResourceQuota", "must have a ResourceQuota")),
	},
})
