package validators

import (
	"slices"

	"github.com/distribution/reference"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "image-latest-tag",
	Summary: "images with neither a tag nor a digest, or with a tag such as latest",
	Doc: `
A tag such as latest names another image tomorrow: two replicas of one
Deployment run different code, a rollback rolls nothing back, and nobody can
say what ran last night. An image without a tag is latest too.

Write the version that was tested, or better its digest:

    image: nginx:1.29.1
    image: nginx@sha256:33e0bbc7ca9ecf108140af6288c7c9d1ecc77548cbfd3952fd8466a75edefe57

A digest decides: with one the tag beside it is a comment, and any is allowed.
Images that are mounted as volumes are evaluated as well.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "disallow-latest-tag"),
		params.Refs(params.Gatekeeper, "K8sDisallowedTags"),
		params.Refs(params.Polaris, "tagNotSpecified"),
		params.Refs(params.KubeLinter, "latest-tag"),
	),
	Resources: podsAndTemplates,
	New:       newImageLatestTag,
})

type imageLatestTag struct {
	Tags []string `json:"tags" doc:"Tags that are refused. No tag at all always is."`
}

func newImageLatestTag(decode params.Decode) (Validate, error) {
	p := imageLatestTag{Tags: []string{"latest"}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	for i, tag := range p.Tags {
		if match := reference.TagRegexp.FindString(tag); match == "" || match != tag {
			mistakes = append(mistakes, field.Invalid(field.NewPath("tags").Index(i), tag, "must be a tag"))
		}
	}
	detail := "must have a tag"
	if len(p.Tags) > 0 {
		detail += " other than " + oneOf(p.Tags)
	}
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for used := range usedImages(pod) {
			switch image := images.Parse(used.Text); {
			case !image.Valid:
				findings = append(findings, used.must(invalidImage))
			case image.Digest == "" && (image.Tag == "" || slices.Contains(p.Tags, image.Tag)):
				findings = append(findings, used.must(detail))
			}
		}
		return findings
	}), mistakes.ToAggregate()
}
