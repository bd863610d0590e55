package defaulting

import (
	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

var podTable = join(
	of(pod), of(podSpec), of(container),
	of(func(p *corev1.ContainerPort) { value(&p.Protocol, "TCP") }),
	of(probe),
	of(func(g *corev1.HTTPGetAction) {
		value(&g.Path, "/")
		value(&g.Scheme, "HTTP")
	}),
	of(func(g *corev1.GRPCAction) { pointer(&g.Service, "") }),
	of(func(s *corev1.ObjectFieldSelector) { value(&s.APIVersion, "v1") }),
	of(func(s *corev1.FileKeySelector) { pointer(&s.Optional, false) }),
	of(imageVolume), of(quantities),
)

// pod has what Pods have, and templates do not.
func pod(p *corev1.Pod) {
	for _, containers := range [][]corev1.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for i := range containers {
			requestLimits(&containers[i].Resources)
		}
	}
	if r := p.Spec.Resources; r != nil && len(r.Limits) > 0 {
		requestWhatContainersDo(p, r)
		requestLimits(r)
	}
	pointer(&p.Spec.EnableServiceLinks, true)
	if p.Spec.HostNetwork {
		hostPorts(p.Spec.InitContainers)
		hostPorts(p.Spec.Containers)
	}
}

func requestLimits(r *corev1.ResourceRequirements) {
	for name, limit := range r.Limits {
		if _, requested := r.Requests[name]; !requested {
			if r.Requests == nil {
				r.Requests = corev1.ResourceList{}
			}
			r.Requests[name] = limit.DeepCopy()
		}
	}
}

func hostPorts(containers []corev1.Container) {
	for i := range containers {
		for j := range containers[i].Ports {
			value(&containers[i].Ports[j].HostPort, containers[i].Ports[j].ContainerPort)
		}
	}
}

func podSpec(s *corev1.PodSpec) {
	value(&s.DNSPolicy, corev1.DNSClusterFirst)
	value(&s.RestartPolicy, corev1.RestartPolicyAlways)
	pointer(&s.SecurityContext, corev1.PodSecurityContext{})
	pointer(&s.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
	value(&s.SchedulerName, corev1.DefaultSchedulerName)
	// The older field is another name of the newer one. An API server makes both equal; here one
	// that is written stays, for the check that finds it in manifests.
	value(&s.DeprecatedServiceAccount, s.ServiceAccountName)
}

func container(c *corev1.Container) {
	value(&c.ImagePullPolicy, pullPolicy(c.Image))
	value(&c.TerminationMessagePath, corev1.TerminationMessagePathDefault)
	value(&c.TerminationMessagePolicy, corev1.TerminationMessageReadFile)
}

func pullPolicy(image string) corev1.PullPolicy {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return corev1.PullIfNotPresent
	}
	if tagged, is := named.(reference.Tagged); reference.IsNameOnly(named) || is && tagged.Tag() == "latest" {
		return corev1.PullAlways
	}
	return corev1.PullIfNotPresent
}

func probe(p *corev1.Probe) {
	value(&p.TimeoutSeconds, 1)
	value(&p.PeriodSeconds, 10)
	value(&p.SuccessThreshold, 1)
	value(&p.FailureThreshold, 3)
}

// imageVolume is pulled like an image that runs.
func imageVolume(v *corev1.ImageVolumeSource) { value(&v.PullPolicy, pullPolicy(v.Reference)) }

// quantities are rounded: no API server holds less than a thousandth.
func quantities(list *corev1.ResourceList) {
	for name, quantity := range *list {
		quantity.RoundUp(resource.Milli)
		(*list)[name] = quantity
	}
}
