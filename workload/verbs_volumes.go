package workload

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
)

func (p *Pod) volumePath(volume int) *Path {
	return p.SpecPath().Child("volumes").Item(volume, p.Spec.Volumes[volume].Name)
}

// SetEmptyDirSizeLimit sets emptyDir.sizeLimit of a volume, unless it is set.
// Volumes of another kind are left alone.
func (p *Pod) SetEmptyDirSizeLimit(volume int, limit resource.Quantity) {
	source := p.Spec.Volumes[volume].EmptyDir
	if source == nil || source.SizeLimit != nil {
		return
	}
	p.record(p.volumePath(volume), []string{"emptyDir", "sizeLimit"}, 1, limit.String())
	source.SizeLimit = &limit
}

// RemoveVolume takes a volume out. Nothing may mount it any more. The volumes
// after it move up, so that of several the last goes first.
func (p *Pod) RemoveVolume(volume int) {
	p.removeItem(p.volumePath(volume), p.Spec.Volumes[volume].Name)
	p.Spec.Volumes = slices.Delete(p.Spec.Volumes, volume, volume+1)
}

// RemoveVolumeMount takes a mount out. The mounts after it move up, so that of
// several the last goes first.
func (c Container) RemoveVolumeMount(mount int) {
	name := c.VolumeMounts[mount].Name
	c.pod.removeItem(c.Path().Child("volumeMounts").Item(mount, name), name)
	c.VolumeMounts = slices.Delete(c.VolumeMounts, mount, mount+1)
}
