package validators

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/catalogue"
	"taffrail.dev/taffrail/workload"
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
bitnami/redis is docker.io/bitnami/redis. What is no valid reference is refused,
as nobody can say where it is from. Images that are mounted as volumes are
judged as well. To say instead where images may come from is stricter, and is
image-registry-allowed.
`,
	Severity: Medium,
	References: slices.Concat(
		catalogue.Refs(catalogue.Kyverno, "restrict-deprecated-registry"),
		catalogue.Refs(catalogue.Gatekeeper, "K8sDisallowedRepos"),
	),
	Resources: podsAndTemplates,
	New:       newImageRegistryDenied,
})

type imageRegistryDenied struct {
	Denied []string `json:"denied" doc:"Registries, and repositories with all that lies below them."`
}

const frozenRegistry = "k8s.gcr.io"

func newImageRegistryDenied(decode catalogue.Decode) (Validate, error) {
	p := imageRegistryDenied{Denied: []string{frozenRegistry}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	denied, mistakes := parseRepositories(p.Denied, field.NewPath("denied"))
	detail := "must not be from " + oneOf(p.Denied)
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for used := range images(pod) {
			switch image := parseImage(used.Text); {
			case !image.valid:
				findings = append(findings, used.must(invalidImage))
			case denied.hold(image):
				f := used.must(detail)
				if rest, frozen := strings.CutPrefix(used.Text, frozenRegistry+"/"); frozen {
					f = f.fixedBy(workload.Replace(f.Path, "registry.k8s.io/"+rest))
				}
				findings = append(findings, f)
			}
		}
		return findings
	}), mistakes.ToAggregate()
}
