package workload

import corev1 "k8s.io/api/core/v1"

// Container is one container of a Pod. Ephemeral containers are seen as containers too.
type Container struct {
	*corev1.Container
	Type ContainerType

	pod   *Pod
	index int
}

// ContainerType tells the lists that a Pod keeps its containers in, and native
// sidecars from the other init containers.
type ContainerType uint8

const (
	// Regular containers run as long as the Pod does.
	Regular ContainerType = iota
	// Init containers run to their end before the regular ones start.
	Init
	// Sidecar is an init container with restartPolicy Always: it runs as long as the Pod does.
	Sidecar
	// Ephemeral containers are added to a running Pod, for debugging.
	Ephemeral
)

// LongRunning tells whether the container is meant to run as long as its Pod.
func (c Container) LongRunning() bool { return c.Type == Regular || c.Type == Sidecar }

// Path is the place of the container: spec.initContainers[1].
func (c Container) Path() *Path {
	list := "containers"
	switch c.Type {
	case Init, Sidecar:
		list = "initContainers"
	case Ephemeral:
		list = "ephemeralContainers"
	case Regular:
	}
	steps := [...]Path{
		{parent: c.pod.Path, kind: member, name: "spec"},
		{kind: member, name: list},
		{kind: item, name: c.Name, index: int32(c.index)},
	}
	steps[1].parent, steps[2].parent = &steps[0], &steps[1]
	return &steps[2]
}

// Pod is the Pod that the container belongs to.
func (c Container) Pod() *Pod { return c.pod }
