package validators

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "default-namespace",
	Summary: "workloads in the namespace default",
	Doc: `
What is applied without a word about its namespace ends up in default, and stays
there: with everybody's, under nobody's quota, network policy or Pod Security
labels.

Make a Namespace for it, and say so in the manifest or to kubectl:

    metadata:
      namespace: shop

In a manifest no namespace means default.
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.Kyverno, "disallow-default-namespace"),
		params.Refs(params.KubeLinter, "use-namespace"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(mustNotBeInDefault),
})

func mustNotBeInDefault(r *workload.Review) []Finding {
	if r.Object == nil || r.Namespace != metav1.NamespaceDefault {
		return nil
	}
	path := (*workload.Path)(nil).Child("metadata", "namespace")
	return []Finding{invalid(path, r.Namespace, "must be a namespace made for the workload")}
}
