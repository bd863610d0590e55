package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "missing-secret",
	Summary: "Secrets that are used and are not among the inputs",
	Doc: `
A container whose Secret is not there does not start; an image cannot be
pulled without its credentials; an Ingress without its certificate serves
another one.

    volumes:
    - name: tls
      secret: {secretName: web-tls}

Looked at are volumes, environment variables, imagePullSecrets and the tls of
Ingresses. What is optional need not be there. What cert-manager, External
Secrets, Sealed Secrets, the Vault and 1Password operators and generators of
kustomize make counts as being there. Good Secrets are not in a repository: the
check is for inputs that are all there is.
`,
	Severity:   Medium,
	References: params.Refs(params.KubeLinter, "env-var-value-from"),
	OverSet: &OverSet{
		Kinds: slices.Concat(workloadKinds, ingressKinds, accountKinds),
		Needs: sets.Workloads | sets.References | sets.Secrets,
		New:   withoutSetParameters(mustBeThere(sets.Secret, never)),
	},
})
