package podsecurity

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// search asks controls, one after the other, of each place of a Pod that they may forbid: whether they
// forbid the Pod reduced to that place.
type search struct {
	*control
	pod   *workload.Pod
	found []Violation

	// The Pod reduced to one place, in memory that is used again for the next one.
	meta       metav1.ObjectMeta
	spec       corev1.PodSpec
	own        corev1.PodSecurityContext
	containers [1]corev1.Container
	context    corev1.SecurityContext
}

// reduced is a spec without anything but what relaxes controls.
func (in *search) reduced() *corev1.PodSpec {
	in.meta = metav1.ObjectMeta{}
	in.spec = corev1.PodSpec{OS: in.pod.Spec.OS, HostUsers: in.pod.Spec.HostUsers}
	return &in.spec
}

// container gives the reduced spec a container without anything.
func (in *search) container() *corev1.Container {
	in.containers[0] = corev1.Container{}
	in.spec.Containers = in.containers[:]
	return &in.containers[0]
}

// ask notes a violation if the control forbids the reduced Pod.
func (in *search) ask(v Violation) {
	if in.check(&in.meta, &in.spec).Allowed {
		return
	}
	v.Overrides = in.overrides(&in.meta, &in.spec)
	in.found = append(in.found, v)
}

// askOf notes a violation if the control finds one when a scope has but these settings.
func (in *search) askOf(s scope, v Violation, only corev1.SecurityContext) {
	spec := in.reduced()
	if s.container.Container == nil {
		in.own = corev1.PodSecurityContext{
			AppArmorProfile: only.AppArmorProfile,
			RunAsNonRoot:    only.RunAsNonRoot,
			RunAsUser:       only.RunAsUser,
			SELinuxOptions:  only.SELinuxOptions,
			SeccompProfile:  only.SeccompProfile,
			WindowsOptions:  only.WindowsOptions,
		}
		spec.SecurityContext = &in.own
		in.ask(v)
		return
	}
	in.own, in.context = inherited(in.pod), only
	spec.SecurityContext = &in.own
	in.container().SecurityContext = &in.context
	in.ask(v.of(s.container))
}

// inherited is what containers without a setting of their own take from the Pod, as if it were in
// order: where it is not, the violation is the Pod's.
func inherited(pod *workload.Pod) (sc corev1.PodSecurityContext) {
	if own := pod.Spec.SecurityContext; own != nil {
		if own.RunAsNonRoot != nil {
			sc.RunAsNonRoot = new(true)
		}
		if own.SeccompProfile != nil {
			sc.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
		}
	}
	return sc
}
