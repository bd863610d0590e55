package validators

import (
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "missing-service-account",
	Summary: "ServiceAccounts that are used and are not among the inputs",
	Doc: `
Pods whose ServiceAccount is not there are refused by the API server: the
Deployment looks well, and has no Pods.

    spec:
      serviceAccountName: web

The ServiceAccount default is in each namespace. One that comes from elsewhere
is not seen: the check is for inputs that are all there is.
`,
	Severity:   Medium,
	References: params.Refs(params.KubeLinter, "non-existent-service-account"),
	OverSet: &OverSet{
		Kinds: workloadKinds,
		Needs: sets.Workloads | sets.ServiceAccounts,
		New:   withoutSetParameters(mustHaveServiceAccount),
	},
})

func mustHaveServiceAccount(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		for _, w := range n.Workloads {
			if w.ServiceAccount != "" && !accountIsThere(n.Name, w.ServiceAccount, all) {
				found(&w.Object, absent(placeAt(w.Path, "spec", "serviceAccountName"), "ServiceAccount", w.ServiceAccount, n))
			}
		}
	}
}
