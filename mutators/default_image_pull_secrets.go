package mutators

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-image-pull-secrets",
	Summary: "adds the Secrets that images are pulled with",
	Doc: `A Pod that names no Secret for a private registry does not start, or shares the
anonymous rate limit of the whole cluster. Secrets that are named here are added
to those that a Pod has, or has from its service account.

    secrets: [registry-credentials]

The Secrets must exist in the Pod's namespace; the kubelet passes over those
that do not, and tries without. Secrets are not read here.`,
	References: params.Refs(params.Kyverno, "add-imagepullsecrets"),
	New:        newImagePullSecrets,
})

type imagePullSecrets struct {
	Secrets []string `json:"secrets" doc:"names of Secrets, such as registry-credentials"`
}

func newImagePullSecrets(decode params.Decode) (Mutate, error) {
	var p imagePullSecrets
	if err := decode(&p); err != nil {
		return nil, err
	}
	return func(r *workload.Review) {
		for _, name := range p.Secrets {
			r.Pod.AppendImagePullSecret(name)
		}
	}, p.validate().ToAggregate()
}

func (p imagePullSecrets) validate() (mistakes field.ErrorList) {
	at := field.NewPath("secrets")
	if len(p.Secrets) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a Secret"))
	}
	for i, name := range p.Secrets {
		mistakes = append(mistakes, requireObjectName(name, at.Index(i), "a Secret")...)
	}
	return mistakes
}
