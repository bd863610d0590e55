package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "service-account-token-secret",
	Summary: "Secrets that hold a long-lived service account token",
	Doc: `
The token in a Secret of type kubernetes.io/service-account-token never expires
and is bound to no Pod. Whoever has read it once, in a backup or in a log, is
that service account for ever.

Pods get a token of their own that is renewed every hour, without any Secret. A
program outside the cluster asks for one that ends:

    kubectl create token ci --duration 1h
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.Kubernetes, "concepts/security/service-accounts"),
		params.Refs(params.Kyverno, "deny-secret-service-account-token-type"),
	),
	// All other Secrets stay with the API server.
	Resources: only(`object.?type.orValue("") == "`+string(corev1.SecretTypeServiceAccountToken)+`"`, written(corev1.SchemeGroupVersion, "secrets")),
	New:       withoutParameters(mustNotBeToken),
})

func mustNotBeToken(r *workload.Review) []Finding {
	secret, ok := r.Object.(*corev1.Secret)
	if !ok || secret.Type != corev1.SecretTypeServiceAccountToken {
		return nil
	}
	path := (*workload.Path)(nil).Child("type")
	return []Finding{invalid(path, string(secret.Type), "must not be a token that never expires")}
}
