package mutators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/images"
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
that do not, and tries without. Secrets are not read here.

Secrets of some registries alone are added to Pods that pull from one of them;
images are named as in image-registry-allowed:

    registries:
    - {images: [registry.example.com, ghcr.io/acme], secrets: [registry-credentials]}`,
	References: params.Refs(params.Kyverno, "add-imagepullsecrets", "add-imagepullsecrets-for-containers-and-initcontainers"),
	Last:       true, // rewrite-image-registry says where images come from
	New:        newImagePullSecrets,
})

type imagePullSecrets struct {
	Secrets    []string          `json:"secrets" doc:"names of Secrets, such as registry-credentials"`
	Registries []registrySecrets `json:"registries" doc:"Secrets for Pods with one of these images: a registry, a repository, or a pattern"`
}

type registrySecrets struct {
	Images  []string `json:"images"`
	Secrets []string `json:"secrets"`

	patterns images.Patterns
}

func newImagePullSecrets(decode params.Decode) (Mutate, error) {
	var p imagePullSecrets
	if err := decode(&p); err != nil {
		return nil, err
	}
	mistakes := p.validate()
	return func(r *workload.Review) {
		appendSecrets(r.Pod, p.Secrets)
		for i := range p.Registries {
			if pulls(r.Pod, p.Registries[i].patterns) {
				appendSecrets(r.Pod, p.Registries[i].Secrets)
			}
		}
	}, mistakes.ToAggregate()
}

func appendSecrets(pod *workload.Pod, names []string) {
	for _, name := range names {
		pod.AppendImagePullSecret(name)
	}
}

// pulls tells whether a Pod runs or mounts one of the images.
func pulls(pod *workload.Pod, patterns images.Patterns) bool {
	matches := func(text string) bool {
		i := images.Parse(text)
		return i.Valid && patterns.Match(i)
	}
	for c := range pod.Containers() {
		if matches(c.Image) {
			return true
		}
	}
	return slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Image != nil && matches(v.Image.Reference) })
}

// validate compiles the images, and names all that is wrong.
func (p *imagePullSecrets) validate() (mistakes field.ErrorList) {
	at := field.NewPath("secrets")
	if len(p.Secrets) == 0 && len(p.Registries) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a Secret, or registries must"))
	}
	mistakes = append(mistakes, secretNames(p.Secrets, at)...)
	for i := range p.Registries {
		r, at := &p.Registries[i], field.NewPath("registries").Index(i)
		if len(r.Images) == 0 {
			mistakes = append(mistakes, field.Required(at.Child("images"), "must name a registry or a repository"))
		}
		for n, text := range r.Images {
			pattern, err := images.ParseSource(text)
			if err != nil {
				mistakes = append(mistakes, field.Invalid(at.Child("images").Index(n), text, err.Error()))
			}
			r.patterns = append(r.patterns, pattern)
		}
		if len(r.Secrets) == 0 {
			mistakes = append(mistakes, field.Required(at.Child("secrets"), "must name a Secret"))
		}
		mistakes = append(mistakes, secretNames(r.Secrets, at.Child("secrets"))...)
	}
	return mistakes
}

func secretNames(names []string, at *field.Path) (mistakes field.ErrorList) {
	for i, name := range names {
		mistakes = append(mistakes, requireObjectName(name, at.Index(i), "a Secret")...)
	}
	return mistakes
}
