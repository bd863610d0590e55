package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "image-pull-secrets",
	Summary: "Pods without one of these imagePullSecrets",
	Doc: `
A Pod that pulls from a private registry without its secret starts as long as
the node happens to have the image, and fails on the next one.

    secrets: [regcred]

and in the Pod:

    spec:
      imagePullSecrets: [{name: regcred}]

One of the list is enough, and with an empty list any secret will do. Where each
registry has its own, only Pods with one of its images need one, and images are
named as in image-registry-allowed:

    registries:
    - {images: [registry.example.com], secrets: [regcred]}

Kubernetes
adds those of the service account to a Pod that has none. A template does not
show them and is refused all the same: it must name its secret itself.
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-imagepullsecrets"),
	),
	Resources: podsAndTemplates,
	New:       newImagePullSecrets,
})

type imagePullSecrets struct {
	Secrets    []string          `json:"secrets" doc:"Names of secrets, one of which must be there. Empty: any, unless registries are given."`
	Registries []registrySecrets `json:"registries" doc:"Secrets that Pods with one of these images must have, each a list of which one is enough."`
}

// registrySecrets is a parameter: the secrets of some images.
type registrySecrets struct {
	Images  []string `json:"images"`
	Secrets []string `json:"secrets"`
}

func newImagePullSecrets(decode params.Decode) (Validate, error) {
	var p imagePullSecrets
	if err := decode(&p); err != nil {
		return nil, err
	}
	mistakes := checkObjectNames(p.Secrets, field.NewPath("secrets"))
	needs := []neededSecret{{accepted: p.Secrets}}
	if len(p.Secrets) == 0 && len(p.Registries) > 0 {
		needs = nil
	}
	for i, registry := range p.Registries {
		at := field.NewPath("registries").Index(i)
		sources, wrong := parseSources(registry.Images, at.Child("images"))
		mistakes = append(append(mistakes, wrong...), checkObjectNames(registry.Secrets, at.Child("secrets"))...)
		needs = append(needs, neededSecret{accepted: registry.Secrets, images: sources})
	}
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for i := range needs {
			findings = needs[i].evaluate(pod, findings)
		}
		return findings
	}), mistakes.ToAggregate()
}

// neededSecret is one of some secrets, or any, that Pods with some images must have, or all Pods.
type neededSecret struct {
	accepted []string
	images   images.Patterns
}

func (n *neededSecret) evaluate(pod *workload.Pod, findings []Finding) []Finding {
	if slices.ContainsFunc(pod.Spec.ImagePullSecrets, n.accepts) {
		return findings
	}
	registry, pulled := n.pulledFrom(pod)
	if !pulled {
		return findings
	}
	detail, path := "must name a secret", pod.SpecPath().Child("imagePullSecrets")
	if len(n.accepted) > 0 {
		detail = "must include " + oneOf(n.accepted)
	}
	f := required(path, detail)
	if registry != "" {
		f.Detail += " for " + registry
		f = f.about(path.Key(f.Detail))
	}
	if len(n.accepted) > 0 {
		f = f.fixedBy(addTo(path, len(pod.Spec.ImagePullSecrets), corev1.LocalObjectReference{Name: n.accepted[0]}))
	}
	return append(findings, f)
}

// pulledFrom is the registry of the first of the images that a Pod has, if it matters.
func (n *neededSecret) pulledFrom(pod *workload.Pod) (registry string, found bool) {
	if n.images == nil {
		return "", true
	}
	for used := range usedImages(pod) {
		if image := images.Parse(used.Text); image.Valid && n.images.Match(image) {
			return image.Registry, true
		}
	}
	return "", false
}

func (n *neededSecret) accepts(secret corev1.LocalObjectReference) bool {
	return secret.Name != "" && (len(n.accepted) == 0 || slices.Contains(n.accepted, secret.Name))
}

// addTo is the operation that adds an item to a list of so many, which is created when it has none.
func addTo(list *workload.Path, count int, item any) workload.Operation {
	if count == 0 {
		return workload.Add(list, []any{item})
	}
	return workload.Add(list.Item(count, ""), item)
}
