package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/catalogue"
	"taffrail.dev/taffrail/workload"
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

References are read as the kubelet and the container runtimes read them: nginx
is docker.io/library/nginx. Whole components are compared, so that
registry.example.com allows neither registry.example.com.evil.io nor
registry.example.com:5000. What is no valid reference is refused. Images that
are mounted as volumes are judged as well.
`,
	Severity: High,
	References: slices.Concat(
		catalogue.Refs(catalogue.CIS, "5.5.1"),
		catalogue.Refs(catalogue.Kyverno, "restrict-image-registries", "allowed-image-repos"),
		catalogue.Refs(catalogue.Gatekeeper, "K8sAllowedRepos", "K8sAllowedReposv2"),
		catalogue.Refs(catalogue.KRail, "pod_trusted_repository"),
	),
	Resources: podsAndTemplates,
	New:       newImageRegistryAllowed,
})

type imageRegistryAllowed struct {
	Allowed []string `json:"allowed" doc:"Registries, and repositories with all that lies below them. Required."`
}

func newImageRegistryAllowed(decode catalogue.Decode) (Validate, error) {
	var p imageRegistryAllowed
	if err := decode(&p); err != nil {
		return nil, err
	}
	allowed, mistakes := parseRepositories(p.Allowed, field.NewPath("allowed"))
	detail := "must be from " + oneOf(p.Allowed)
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for used := range images(pod) {
			switch image := parseImage(used.Text); {
			case !image.valid:
				findings = append(findings, used.must(invalidImage))
			case !allowed.hold(image):
				findings = append(findings, used.must(detail))
			}
		}
		return findings
	}), mistakes.ToAggregate()
}
