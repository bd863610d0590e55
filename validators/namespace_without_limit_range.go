package validators

import (
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "namespace-without-limit-range",
	Summary: "Namespaces with workloads and no LimitRange",
	Doc: `
A LimitRange gives containers that ask for nothing a request and a limit, and
bounds those that ask for too much. Without one a container may take all that
its node has.

    apiVersion: v1
    kind: LimitRange
    metadata: {name: containers, namespace: shop}
    spec:
      limits:
      - type: Container
        defaultRequest: {cpu: 100m, memory: 128Mi}
        default: {memory: 256Mi}

Looked at are Namespaces among the inputs that hold workloads of theirs.
Kubernetes' own namespaces are left alone.
`,
	Severity:   Low,
	References: params.Refs(params.NSA, "Resource policies"),
	OverSet: &OverSet{
		Kinds: namespaceKinds,
		Needs: sets.Namespaces | sets.Workloads | sets.LimitRanges,
		New:   withoutSetParameters(mustHave("LimitRange", "must have a LimitRange")),
	},
})
