package validators

import (
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "missing-config-map",
	Summary: "ConfigMaps that are used and are not among the inputs",
	Doc: `
A container whose ConfigMap is not there does not start, and the rollout hangs.

    envFrom:
    - configMapRef: {name: web}

What is optional need not be there. kube-root-ca.crt is in each namespace. What
generators of kustomize and Bundles of trust-manager make counts as being
there. A ConfigMap that comes from elsewhere is not seen: the check is for
inputs that are all there is.
`,
	Severity:   Medium,
	References: params.Refs(params.KubeLinter, "env-var-value-from"),
	OverSet: &OverSet{
		Kinds: workloadKinds,
		Needs: sets.Workloads | sets.References | sets.ConfigMaps,
		New:   withoutSetParameters(mustBeThere(sets.ConfigMap, isRootCA)),
	},
})

// isRootCA tells of the ConfigMap that Kubernetes puts into each namespace.
func isRootCA(name string) bool { return name == "kube-root-ca.crt" }
