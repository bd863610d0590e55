package workload

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
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

// RemoveVolumes takes out the volumes that gone names. Nothing may mount them any
// more. The last one goes first: those after it move up.
func (p *Pod) RemoveVolumes(gone func(*corev1.Volume) bool) {
	p.Spec.Volumes = removed(p, p.Spec.Volumes, gone, func(i int) (*Path, string) {
		return p.volumePath(i), p.Spec.Volumes[i].Name
	})
}

// RemoveVolumeMounts takes out the mounts that gone names, the last one first.
func (c Container) RemoveVolumeMounts(gone func(*corev1.VolumeMount) bool) {
	c.VolumeMounts = removed(c.pod, c.VolumeMounts, gone, func(i int) (*Path, string) {
		name := c.VolumeMounts[i].Name
		return c.Path().Child("volumeMounts").Item(i, name), name
	})
}

// removed are the items that stay. All that go are taken out in one pass: one at
// a time, each would move all that come after it.
func removed[T any](p *Pod, items []T, gone func(*T) bool, at func(i int) (*Path, string)) []T {
	some := false
	for i := range slices.Backward(items) {
		if gone(&items[i]) {
			some = true
			p.removeItem(at(i))
		}
	}
	if !some {
		return items
	}
	return slices.DeleteFunc(items, func(item T) bool { return gone(&item) })
}
