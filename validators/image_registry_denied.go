package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "image-registry-denied",
	Summary: "images from registries or repositories such as k8s.gcr.io",
	Doc: `
k8s.gcr.io was frozen in April 2023. It gets no new versions and no fixes, and
when it is switched off, Pods that pull from it do not start. The same images
are at registry.k8s.io.

    image: registry.k8s.io/pause:3.10

Add the registries and repositories that nobody should pull from, with all that
lies below them:

    denied: [k8s.gcr.io, docker.io/bitnami]

References are read as the kubelet and the container runtimes read them:
bitnami/redis is docker.io/bitnami/redis, and so is
registry-1.docker.io:443/bitnami/redis. A pattern of images is an entry too, as
docs/images.md describes them. What is no valid reference, or the ID of an image
that a node happens to have, is refused, as nobody can say where it is from.
Images that are mounted as volumes are evaluated as well. To say instead where
images may come from is stricter, and is image-registry-allowed.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "restrict-deprecated-registry"),
		params.Refs(params.Gatekeeper, "K8sDisallowedRepos"),
	),
	Resources: podsAndTemplates,
	New:       newImageRegistryDenied,
})

type imageRegistryDenied struct {
	Denied []string `json:"denied" doc:"Registries, repositories with all that lies below them, and patterns of images."`
}

const frozenRegistry = "k8s.gcr.io"

func newImageRegistryDenied(decode params.Decode) (Validate, error) {
	p := imageRegistryDenied{Denied: []string{frozenRegistry}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	denied, mistakes := parseSources(p.Denied, field.NewPath("denied"))
	detail := "must not be from " + oneOf(p.Denied)
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for used := range usedImages(pod) {
			switch image := images.Parse(used.Text); {
			case !image.Valid:
				findings = append(findings, used.must(invalidImage))
			case denied.Match(image):
				f := used.must(detail)
				if image.Registry == frozenRegistry {
					f = f.fixedBy(workload.Replace(f.Path, "registry.k8s.io/"+image.Repository+image.Version())).safely() // it has been redirected there since 2023
				}
				findings = append(findings, f)
			}
		}
		return findings
	}), mistakes.ToAggregate()
}
