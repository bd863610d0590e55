package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "image-registry-allowed",
	Summary: "images from other registries or repositories than these",
	Doc: `
Whoever chooses the image chooses the code that runs. Allow the registries that
are scanned, mirrored and yours, and what a typo or a stranger would pull never
starts.

An entry is a registry, with its port if it has one, or a repository with all
that lies below it:

    allowed:
    - registry.example.com
    - docker.io/library
    - ghcr.io/acme/tools

or a pattern of images, as docs/images.md describes them. A repository with :*
is that image alone, without what lies below it; with a tag it is that tag:

    - docker.io/library/nginx:1.*
    - ghcr.io/acme/web:*

References are read as the kubelet and the container runtimes read them: nginx
is docker.io/library/nginx, and so are registry-1.docker.io/library/nginx and
DOCKER.io:443/nginx. Whole components are compared, so that registry.example.com
allows neither registry.example.com.evil.io nor registry.example.com:5000. What
is no valid reference, or the ID of an image that a node happens to have, is
refused. Images that are mounted as volumes are evaluated as well.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.CIS, "5.5.1"),
		params.Refs(params.Kyverno, "restrict-image-registries", "allowed-image-repos", "advanced-restrict-image-registries"),
		params.Refs(params.Gatekeeper, "K8sAllowedRepos", "K8sAllowedReposv2"),
		params.Refs(params.KRail, "pod_trusted_repository"),
	),
	Resources: podsAndTemplates,
	New:       newImageRegistryAllowed,
})

type imageRegistryAllowed struct {
	Allowed []string `json:"allowed" doc:"Registries, repositories with all that lies below them, and patterns of images. Required."`
}

func newImageRegistryAllowed(decode params.Decode) (Validate, error) {
	var p imageRegistryAllowed
	if err := decode(&p); err != nil {
		return nil, err
	}
	allowed, mistakes := parseSources(p.Allowed, field.NewPath("allowed"))
	detail := "must be from " + oneOf(p.Allowed)
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for used := range usedImages(pod) {
			switch image := images.Parse(used.Text); {
			case !image.Valid:
				findings = append(findings, used.must(invalidImage))
			case !allowed.Match(image):
				findings = append(findings, used.must(detail))
			}
		}
		return findings
	}), mistakes.ToAggregate()
}
