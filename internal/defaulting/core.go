package defaulting

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var coreTable = join(
	of(service), of(secret), of(namespace),
	of(func(p *corev1.ServicePort) {
		value(&p.Protocol, "TCP")
		if p.TargetPort == intstr.FromInt32(0) || p.TargetPort == intstr.FromString("") {
			p.TargetPort = intstr.FromInt32(p.Port)
		}
	}),
	of(func(p *corev1.EndpointPort) { value(&p.Protocol, "TCP") }),
)

func service(s *corev1.Service) {
	value(&s.Spec.Type, corev1.ServiceTypeClusterIP)
	value(&s.Spec.SessionAffinity, corev1.ServiceAffinityNone)
	switch s.Spec.SessionAffinity {
	case corev1.ServiceAffinityNone:
		s.Spec.SessionAffinityConfig = nil
	case corev1.ServiceAffinityClientIP:
		pointer(&s.Spec.SessionAffinityConfig, corev1.SessionAffinityConfig{})
		pointer(&s.Spec.SessionAffinityConfig.ClientIP, corev1.ClientIPConfig{})
		pointer(&s.Spec.SessionAffinityConfig.ClientIP.TimeoutSeconds, corev1.DefaultClientIPServiceAffinitySeconds)
	}
	nodePorts := s.Spec.Type == corev1.ServiceTypeNodePort || s.Spec.Type == corev1.ServiceTypeLoadBalancer
	if nodePorts || s.Spec.Type == corev1.ServiceTypeClusterIP && len(s.Spec.ExternalIPs) > 0 {
		value(&s.Spec.ExternalTrafficPolicy, corev1.ServiceExternalTrafficPolicyCluster)
	}
	if nodePorts || s.Spec.Type == corev1.ServiceTypeClusterIP {
		pointer(&s.Spec.InternalTrafficPolicy, corev1.ServiceInternalTrafficPolicyCluster)
	}
	if s.Spec.Type == corev1.ServiceTypeLoadBalancer {
		pointer(&s.Spec.AllocateLoadBalancerNodePorts, true)
	}
}

// secret has its texts among its data: nobody but who writes them sees stringData.
func secret(s *corev1.Secret) {
	value(&s.Type, corev1.SecretTypeOpaque)
	for name, text := range s.StringData {
		if s.Data == nil {
			s.Data = map[string][]byte{}
		}
		s.Data[name] = []byte(text)
	}
	s.StringData = nil
}

func namespace(n *corev1.Namespace) {
	if len(n.Spec.Finalizers) == 0 {
		n.Spec.Finalizers = []corev1.FinalizerName{corev1.FinalizerKubernetes}
	}
	if n.Name == "" {
		return
	}
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	n.Labels[corev1.LabelMetadataName] = n.Name
}
