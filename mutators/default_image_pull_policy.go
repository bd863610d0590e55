package mutators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-image-pull-policy",
	Summary: "sets the pull policy Always on images that are not named by their digest",
	Doc: `A tag can be moved. With IfNotPresent, which Kubernetes sets for every tag but
latest, two nodes may run two images under one name, and a Pod can run a private
image that another Pod had the credentials to pull. With Always the node asks
the registry each time, and pulls only what it lacks.

This replaces IfNotPresent, also where the user has set it: the API server has
set a policy for every container by the time that Pods are completed, and nobody
can tell the two apart. It holds for images that are mounted as volumes, too.
Never, which only a user sets, stays, and so does the policy of an image that is
named by its digest.`,
	References: slices.Concat(
		params.Refs(params.Kyverno, "always-pull-images"),
		params.Refs(params.KRail, "pod_image_pull_policy"),
	),
	New: newImagePullPolicy,
})

func newImagePullPolicy(decode params.Decode) (Mutate, error) {
	if err := decode(&struct{}{}); err != nil {
		return nil, err
	}
	return func(r *workload.Review) {
		for c := range r.Pod.Containers() {
			if wantsAlways(c.Image, c.ImagePullPolicy) {
				c.ReplaceImagePullPolicy(corev1.PullAlways)
			}
		}
		for i, volume := range r.Pod.Spec.Volumes {
			if volume.Image != nil && wantsAlways(volume.Image.Reference, volume.Image.PullPolicy) {
				r.Pod.ReplaceVolumePullPolicy(i, corev1.PullAlways)
			}
		}
	}, nil
}

func wantsAlways(text string, policy corev1.PullPolicy) bool {
	if policy != "" && policy != corev1.PullIfNotPresent {
		return false
	}
	i := images.Parse(text)
	return i.Valid && i.Digest == ""
}
