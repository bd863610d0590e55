package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "default-service-account",
	Summary: "Pods that run as the service account default",
	Doc: `
All Pods of a namespace that name no service account share the one called
default. What one of them is allowed, all are, and the audit log cannot tell
them apart.

    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: web}
    automountServiceAccountToken: false

and in the Pod:

    spec:
      serviceAccountName: web
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.CIS, "5.1.5"),
		params.Refs(params.Kyverno, "deny-default-service-accounts"),
		params.Refs(params.KubeLinter, "default-service-account"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustHaveOwnServiceAccount)),
})

func mustHaveOwnServiceAccount(pod *workload.Pod) []Finding {
	if !usesDefaultServiceAccount(pod) {
		return nil
	}
	path := pod.SpecPath().Child("serviceAccountName")
	if serviceAccount(pod) == "" {
		return []Finding{required(path, "must name a service account other than default").spans()}
	}
	return []Finding{invalid(path, serviceAccount(pod), "must be another service account").spans()}
}

// serviceAccount is the name that the API server goes by: the deprecated field
// counts where the other is empty.
func serviceAccount(pod *workload.Pod) string {
	if name := pod.Spec.ServiceAccountName; name != "" {
		return name
	}
	return pod.Spec.DeprecatedServiceAccount
}

func usesDefaultServiceAccount(pod *workload.Pod) bool {
	name := serviceAccount(pod)
	return name == "" || name == "default"
}
