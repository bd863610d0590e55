package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "image-digest-required",
	Summary: "images without a digest",
	Doc: `
A tag is a name that its owner can give to another image at any time, and so can
whoever has stolen the owner's password. A digest is the image: what was scanned
and tested is what runs, on every node and after every restart.

    image: nginx:1.29.1@sha256:33e0bbc7ca9ecf108140af6288c7c9d1ecc77548cbfd3952fd8466a75edefe57

The tag beside it is for people. The digest of a tag is told by

    docker buildx imagetools inspect nginx:1.29.1
    crane digest nginx:1.29.1

and Renovate or Dependabot keep both up to date. Images that are mounted as
volumes are evaluated as well.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-image-checksum"),
		params.Refs(params.Gatekeeper, "K8sImageDigests"),
		params.Refs(params.KRail, "pod_immutable_reference"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustHaveDigests)),
})

func mustHaveDigests(pod *workload.Pod) (findings []Finding) {
	for used := range usedImages(pod) {
		switch image := images.Parse(used.Text); {
		case !image.Valid:
			findings = append(findings, used.must(invalidImage))
		case image.Digest == "":
			findings = append(findings, used.must("must have a digest"))
		}
	}
	return findings
}
