package validators

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "image-pull-policy",
	Summary: "images without a digest that are not always pulled",
	Doc: `
A tag can be moved. Unless it is pulled anew, each node runs what it happened to
find under that name when it first looked, two replicas differ, and a fix that
was pushed never arrives. A node also hands a private image that it has to Pods
that could not pull it.

    imagePullPolicy: Always

Layers that are there are not fetched again: what Always costs is a question to
the registry. With a digest nothing can move, and any policy will do.

Where nothing is set, Kubernetes sets Always for latest and for no tag, and
IfNotPresent for all others. Images that are mounted as volumes are evaluated as
well.
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.Kyverno, "imagepullpolicy-always"),
		params.Refs(params.Polaris, "pullPolicyNotAlways"),
		params.Refs(params.KRail, "pod_image_pull_policy"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustPullMutableTags)),
})

func mustPullMutableTags(pod *workload.Pod) (findings []Finding) {
	for used := range usedImages(pod) {
		image := images.Parse(used.Text)
		if image.Digest != "" {
			continue
		}
		if policy := cmp.Or(used.pullPolicy(), defaultPullPolicy(image)); policy != corev1.PullAlways {
			findings = append(findings, used.mustBePulled(policy))
		}
	}
	return findings
}

func (u usedImage) pullPolicy() corev1.PullPolicy {
	if u.container.Container != nil {
		return u.container.ImagePullPolicy
	}
	return u.pod.Spec.Volumes[u.volume].Image.PullPolicy
}

// defaultPullPolicy is what the API server sets where nothing is.
func defaultPullPolicy(i *images.Image) corev1.PullPolicy {
	if i.Valid && (i.Tag == "" || i.Tag == "latest") {
		return corev1.PullAlways
	}
	return corev1.PullIfNotPresent
}

func (u usedImage) mustBePulled(policy corev1.PullPolicy) Finding {
	path := u.pullPolicyPath()
	rank := 1.0
	if policy == corev1.PullNever { // which goes by what is on the node even where nothing is
		rank = 2
	}
	return invalid(path, string(policy), "must be Always, or the image must have a digest").above(rank).
		isDefault(policy == defaultPullPolicy(images.Parse(u.Text))).of(u.container).fixedBy(workload.Add(path, corev1.PullAlways))
}

func (u usedImage) pullPolicyPath() *workload.Path {
	if u.container.Container != nil {
		return u.container.Path().Child("imagePullPolicy")
	}
	volume := u.pod.SpecPath().Child("volumes").Item(u.volume, u.pod.Spec.Volumes[u.volume].Name)
	return volume.Child("image", "pullPolicy")
}
