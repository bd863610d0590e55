package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "rbac-approve-csr",
	Summary: "ClusterRoles that grant the approval of certificate requests",
	Doc: `
Whoever approves certificate requests can have one signed in any name, a
node's or an administrator's, and a certificate cannot be taken back.

Leave approval to the controller that is made for it. One for names of your own
needs a signer of its own; a cluster's own signers begin with kubernetes.io/.
`,
	Severity: Critical,
	References: slices.Concat(
		params.Refs(params.CIS, "5.1.11"),
		params.Refs(params.Kyverno, "restrict-clusterrole-csr"),
	),
	Resources: clusterRoles,
	New: withoutParameters(grants{
		{group: "certificates.k8s.io", resource: "certificatesigningrequests/approval", verbs: []string{"update", "patch"}},
		{group: "certificates.k8s.io", resource: "signers", verbs: []string{"approve"}},
	}.evaluate),
})
