package podsecurity

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// asDefaulted is the Pod with the defaults of the API server that change a verdict, so that a
// manifest, a template and the Pod that it becomes are evaluated alike.
func asDefaulted(pod *workload.Pod) *workload.Pod {
	needsEmptyDirs := pod.NeverAdmitted() && slices.ContainsFunc(pod.Spec.Volumes, withoutSource)
	if !pod.Spec.HostNetwork && !needsEmptyDirs {
		return pod
	}
	spec := *pod.Spec
	if spec.HostNetwork {
		spec.InitContainers = withHostPorts(spec.InitContainers)
		spec.Containers = withHostPorts(spec.Containers)
	}
	if needsEmptyDirs {
		spec.Volumes = withEmptyDirs(spec.Volumes)
	}
	return &workload.Pod{Meta: pod.Meta, Spec: &spec, Path: pod.Path}
}

// withHostPorts makes every port one of the host, as it is on its network. The API server does so
// for Pods, not yet for templates.
func withHostPorts(containers []corev1.Container) []corev1.Container {
	containers = slices.Clone(containers)
	for i := range containers {
		ports := slices.Clone(containers[i].Ports)
		for j := range ports {
			if ports[j].HostPort == 0 {
				ports[j].HostPort = ports[j].ContainerPort
			}
		}
		containers[i].Ports = ports
	}
	return containers
}

func withoutSource(volume corev1.Volume) bool { return volume.VolumeSource == corev1.VolumeSource{} }

// withEmptyDirs makes emptyDirs of volumes without a source. Once an API server has seen the Pod, such
// a volume is one of a type that our k8s.io/api does not know, and to take that for an emptyDir would
// be a hole.
func withEmptyDirs(volumes []corev1.Volume) []corev1.Volume {
	volumes = slices.Clone(volumes)
	for i := range volumes {
		if withoutSource(volumes[i]) {
			volumes[i].EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	return volumes
}
