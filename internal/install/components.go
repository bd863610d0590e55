package install

import (
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/registration"
	"taffrail.dev/taffrail/internal/tracing"
)

// Each of these does what the component of its name in deploy/components does in patches.

func (m *manifests) files() { m.certificateOf(names.ServingCertificate) }

func (m *manifests) certManager(static bool) {
	const certificate = names.ServingCertificate
	m.certificateOf(certificate, "--inject-ca-from="+names.Namespace+"/"+certificate)
	if static {
		inject := func(annotations map[string]string) {
			delete(annotations, "taffrail.dev/inject-ca")
			annotations["cert-manager.io/inject-ca-from"] = names.Namespace + "/" + certificate
		}
		edit(m, mutatingKind, func(c *admissionregistrationv1.MutatingWebhookConfiguration) { inject(c.Annotations) })
		edit(m, validatingKind, func(c *admissionregistrationv1.ValidatingWebhookConfiguration) { inject(c.Annotations) })
	}
	m.add("components/cert-manager")
}

// certificateOf has the Pods serve the certificate of a Secret, in place of one of
// the authority that the leader keeps.
func (m *manifests) certificateOf(secret string, arguments ...string) {
	const volume, directory = "tls", "/etc/taffrail/tls"
	arguments = append([]string{"--tls=files", "--cert-dir=" + directory}, arguments...)
	edit(m, "Deployment", func(d *appsv1.Deployment) {
		c := container(d)
		managed := slices.Index(c.Args, "--tls=managed")
		c.Args = slices.Replace(c.Args, managed, managed+1, arguments...)
		c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: volume, MountPath: directory, ReadOnly: true})
		d.Spec.Template.Spec.Volumes = append(d.Spec.Template.Spec.Volumes, corev1.Volume{Name: volume, VolumeSource: corev1.VolumeSource{
			Secret: &corev1.SecretVolumeSource{SecretName: secret, DefaultMode: new(int32(0o440))},
		}})
	})
	m.remove(names.AuthorityRole, "Role", "RoleBinding")
}

func (m *manifests) clientCA() {
	const volume, directory = "client-ca", "/etc/taffrail/client-ca"
	m.argument(names.Name, "--client-ca", directory+"/ca.crt")
	edit(m, "Deployment", func(d *appsv1.Deployment) {
		c := container(d)
		c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: volume, MountPath: directory, ReadOnly: true})
		d.Spec.Template.Spec.Volumes = append(d.Spec.Template.Spec.Volumes, corev1.Volume{Name: volume, VolumeSource: corev1.VolumeSource{
			ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: names.ClientCA}},
		}})
	})
}

// apiServerAddresses takes the port of reviews out of what is let in from anywhere.
// The probes stay there: they are the kubelet's.
func (m *manifests) apiServerAddresses(ranges []string) {
	edit(m, "NetworkPolicy", func(p *networkingv1.NetworkPolicy) {
		anywhere := p.Spec.Ingress[0]
		reviews := networkingv1.NetworkPolicyIngressRule{Ports: anywhere.Ports[:1]}
		for _, cidr := range ranges {
			reviews.From = append(reviews.From, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: cidr}})
		}
		anywhere.Ports = anywhere.Ports[1:]
		p.Spec.Ingress = append([]networkingv1.NetworkPolicyIngressRule{reviews, anywhere}, p.Spec.Ingress[1:]...)
	})
}

// tracing lets replicas out to the port of a collector, and to the DNS that knows its name.
func (m *manifests) tracing(endpoint string) {
	collector, err := tracing.ParseEndpoint(endpoint)
	if err != nil {
		panic(err) // it was checked
	}
	m.argument(names.Name, "--tracing-endpoint", endpoint)
	edit(m, "NetworkPolicy", func(p *networkingv1.NetworkPolicy) {
		p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{Ports: []networkingv1.NetworkPolicyPort{
			port(corev1.ProtocolTCP, collector.Port), port(corev1.ProtocolUDP, 53), port(corev1.ProtocolTCP, 53),
		}})
	})
}

func port(protocol corev1.Protocol, number int32) networkingv1.NetworkPolicyPort {
	return networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: new(intstr.FromInt32(number))}
}

func (m *manifests) highAvailability() {
	edit(m, "Deployment", func(d *appsv1.Deployment) { d.Spec.Replicas = new(int32(3)) })
}

// audit adds the audit, of the same image.
func (m *manifests) audit(image string, highAvailability bool) {
	m.add("components/audit")
	if highAvailability {
		m.add("components/audit/high-availability")
	}
	editNamed(m, "Deployment", names.Audit, func(d *appsv1.Deployment) {
		container(d).Image = image
		if highAvailability {
			d.Spec.Replicas = new(int32(2))
		}
	})
}

func (m *manifests) autoscaling() {
	m.add("components/autoscaling")
	edit(m, "Deployment", func(d *appsv1.Deployment) {
		edit(m, "HorizontalPodAutoscaler", func(h *autoscalingv2.HorizontalPodAutoscaler) { h.Spec.MinReplicas = d.Spec.Replicas })
		d.Spec.Replicas = nil
	})
}

const (
	mutatingKind   = "MutatingWebhookConfiguration"
	validatingKind = "ValidatingWebhookConfiguration"
)

// static adds the webhook configurations, for what is watched and changed. As they do not follow what
// guardrails come, defaults are called for though there are none.
func (m *manifests) static(excludedNamespaces []string, set *guardrail.Set, holdsBack bool) {
	m.add("components/static")
	edit(m, mutatingKind, func(c *admissionregistrationv1.MutatingWebhookConfiguration) {
		mutated := registration.MutatedBy(set)
		mutated.Completes = true
		c.Webhooks = registration.Mutating(excludedNamespaces, mutated).Webhooks
	})
	watched := guardrail.Unconditional(set.Resources())
	if holdsBack {
		watched = append(watched, registration.HeldBack())
	}
	edit(m, validatingKind, func(c *admissionregistrationv1.ValidatingWebhookConfiguration) {
		c.Webhooks = registration.Validating(excludedNamespaces, watched).Webhooks
	})
}
