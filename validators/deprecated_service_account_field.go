package validators

import (
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "deprecated-service-account-field",
	Summary: "Pods that name their service account in the deprecated field alone",
	Doc: `
serviceAccount is the old name of serviceAccountName. Kubernetes copies one into
the other where a Pod comes in; tools that read manifests before that see a Pod
of the service account default, and where the two differ nobody knows which one
was meant.

    spec:
      serviceAccountName: web

In a cluster both fields are there and equal, and pass: what is found is found
in manifests.
`,
	Severity:   Low,
	References: params.Refs(params.KubeLinter, "deprecated-service-account-field"),
	Resources:  podsAndTemplates,
	New:        withoutParameters(onPods(mustNotUseDeprecatedServiceAccount)),
})

func mustNotUseDeprecatedServiceAccount(pod *workload.Pod) []Finding {
	old, name := pod.Spec.DeprecatedServiceAccount, pod.Spec.ServiceAccountName
	if old == "" || old == name {
		return nil
	}
	path := pod.SpecPath().Child("serviceAccount")
	f := invalid(path, old, "must be set as serviceAccountName").fixedBy(workload.Remove(path), workload.Add(pod.SpecPath().Child("serviceAccountName"), old)).safely() // of two names Kubernetes takes the new field
	if name != "" {
		f.Detail, f.Fix = "must be equal to serviceAccountName, or not be set", []workload.Operation{workload.Remove(path)}
	}
	return []Finding{f}
}
