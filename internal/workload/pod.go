package workload

import (
	"iter"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Pod is a Pod, or a template that becomes one.
type Pod struct {
	// Meta is the metadata of the Pod or of the template.
	Meta *metav1.ObjectMeta
	// Spec is never nil.
	Spec *corev1.PodSpec
	// Path is where the Pod lies in its object: nil for a Pod, spec.template for a Deployment.
	Path *Path

	recorder *recorder
}

// BoundPod is what a Binding writes into its Pod: labels, annotations and the node. Nothing else is
// known of the Pod.
func BoundPod(binding *corev1.Binding) *Pod {
	return &Pod{Meta: &binding.ObjectMeta, Spec: &corev1.PodSpec{NodeName: binding.Target.Name}}
}

// IsTemplate tells whether the Pod is the template of another object.
func (p *Pod) IsTemplate() bool { return p.Path != nil }

// MetadataPath is the place of the Pod's metadata.
func (p *Pod) MetadataPath() *Path { return p.Path.Child("metadata") }

// SpecPath is the place of the Pod's spec.
func (p *Pod) SpecPath() *Path { return p.Path.Child("spec") }

// NeverAdmitted tells whether no API server has seen the Pod yet: each of them names a scheduler where
// none is. A volume without a source is an emptyDir then.
func (p *Pod) NeverAdmitted() bool { return p.Spec.SchedulerName == "" }

// Containers are the init containers (native sidecars among them) and the
// regular ones. Checks on resources, probes, ports and lifecycle use it: the
// API allows none of these on ephemeral containers.
func (p *Pod) Containers() iter.Seq[Container] {
	return func(yield func(Container) bool) { p.eachContainer(yield) }
}

// Len is the number of all its containers.
func (p *Pod) Len() int {
	return len(p.Spec.InitContainers) + len(p.Spec.Containers) + len(p.Spec.EphemeralContainers)
}

// AllContainers are the init, the regular and the ephemeral containers.
func (p *Pod) AllContainers() iter.Seq[Container] {
	return func(yield func(Container) bool) {
		if !p.eachContainer(yield) {
			return
		}
		for i := range p.Spec.EphemeralContainers {
			// The two types have the same fields, which the API server relies on too.
			c := (*corev1.Container)(&p.Spec.EphemeralContainers[i].EphemeralContainerCommon)
			if !yield(Container{Container: c, Type: Ephemeral, pod: p, index: i}) {
				return
			}
		}
	}
}

func (p *Pod) eachContainer(yield func(Container) bool) bool {
	for i := range p.Spec.InitContainers {
		c := Container{Container: &p.Spec.InitContainers[i], Type: Init, pod: p, index: i}
		if c.Container.RestartPolicy != nil && *c.Container.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			c.Type = Sidecar
		}
		if !yield(c) {
			return false
		}
	}
	for i := range p.Spec.Containers {
		if !yield(Container{Container: &p.Spec.Containers[i], Type: Regular, pod: p, index: i}) {
			return false
		}
	}
	return true
}
