package workload

import corev1 "k8s.io/api/core/v1"

// ReplaceImage replaces the image of the container.
func (c Container) ReplaceImage(image string) {
	if c.Image == image {
		return
	}
	c.pod.change(c.Path().Child("image"), c.Image != "", image)
	c.Image = image
}

// ReplaceImagePullPolicy replaces imagePullPolicy, which the API server has set
// where the user has not.
func (c Container) ReplaceImagePullPolicy(policy corev1.PullPolicy) {
	if c.ImagePullPolicy == policy {
		return
	}
	c.pod.change(c.Path().Child("imagePullPolicy"), c.ImagePullPolicy != "", string(policy))
	c.ImagePullPolicy = policy
}

// ReplaceVolumeImage replaces the image that a volume is made of. Volumes of
// another kind are left alone.
func (p *Pod) ReplaceVolumeImage(volume int, image string) {
	source := p.Spec.Volumes[volume].Image
	if source == nil || source.Reference == image {
		return
	}
	p.change(p.volumePath(volume).Child("image", "reference"), source.Reference != "", image)
	source.Reference = image
}

// ReplaceVolumePullPolicy replaces the pull policy of the image that a volume
// is made of. Volumes of another kind are left alone.
func (p *Pod) ReplaceVolumePullPolicy(volume int, policy corev1.PullPolicy) {
	source := p.Spec.Volumes[volume].Image
	if source == nil || source.PullPolicy == policy {
		return
	}
	p.change(p.volumePath(volume).Child("image", "pullPolicy"), source.PullPolicy != "", string(policy))
	source.PullPolicy = policy
}

// AppendImagePullSecret appends to imagePullSecrets, unless the secret is there.
func (p *Pod) AppendImagePullSecret(name string) {
	for _, secret := range p.Spec.ImagePullSecrets {
		if secret.Name == name {
			return
		}
	}
	secret := corev1.LocalObjectReference{Name: name}
	p.recordItem(p.SpecPath().Child("imagePullSecrets"), p.Spec.ImagePullSecrets == nil, secret)
	p.Spec.ImagePullSecrets = append(p.Spec.ImagePullSecrets, secret)
}
