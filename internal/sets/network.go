package sets

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"taffrail.dev/taffrail/internal/workload"
)

// Service is a Service, or an object of another system that makes one.
type Service struct {
	Object
	Labels Labels
	// Selector is nil where the Service selects no Pods: it has its endpoints from elsewhere, or stands
	// for a name outside.
	Selector *Selector
	Ports    []ServicePort
	// AnyPort says that its ports are not known.
	AnyPort bool
}

// ServicePort is a port of a Service.
type ServicePort struct {
	Name   string
	Number int32
	// Target is the name of a port of the Pods, or empty.
	Target string
}

func (c *collector) service(o *corev1.Service) {
	if !c.needs.Has(Services) {
		return
	}
	s := &Service{Object: c.object, Labels: labelsOf(o.Labels)}
	external := o.Spec.Type == corev1.ServiceTypeExternalName
	if len(o.Spec.Selector) > 0 && !external {
		s.Selector = &Selector{labels: labelsOf(o.Spec.Selector)}
	}
	s.AnyPort = external && len(o.Spec.Ports) == 0
	for _, port := range o.Spec.Ports {
		p := ServicePort{Name: port.Name, Number: port.Port}
		if port.TargetPort.Type == intstr.String {
			p.Target = port.TargetPort.StrVal
		}
		s.Ports = append(s.Ports, p)
	}
	c.add(s)
}

// Ingress is an Ingress.
type Ingress struct {
	Object
	Class string
	// Canary says that it takes a part of what another one gets, on purpose.
	Canary   bool
	Backends []Backend
	Paths    []IngressPath
	// References are the Secrets of TLS.
	References []Reference
}

// Backend is a Service that an Ingress leads to. Path is a JSON Pointer.
type Backend struct {
	Service, Path string
	PortName      string
	PortNumber    int32
}

// IngressPath is one path of a host.
type IngressPath struct {
	Host, URL string
	Exact     bool
	// Path is the JSON Pointer of the entry.
	Path string
}

// useAnnotation is the port of a backend that is no Service: annotations of the AWS Load Balancer
// Controller say what it is.
const useAnnotation = "use-annotation"

func (c *collector) ingress(o *networkingv1.Ingress) {
	if !c.needs.Has(Ingresses | References) {
		return
	}
	in := &Ingress{Object: c.object, Class: o.Annotations["kubernetes.io/ingress.class"]}
	if o.Spec.IngressClassName != nil {
		in.Class = *o.Spec.IngressClassName
	}
	in.Canary = o.Annotations["nginx.ingress.kubernetes.io/canary"] == "true"
	spec := (*workload.Path)(nil).Child("spec")
	if o.Spec.DefaultBackend != nil {
		in.backend(o.Spec.DefaultBackend, spec.Child("defaultBackend"))
	}
	for i, rule := range o.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for j := range rule.HTTP.Paths {
			path := &rule.HTTP.Paths[j]
			at := spec.Child("rules").Item(i, "").Child("http", "paths").Item(j, "")
			in.backend(&path.Backend, at.Child("backend"))
			in.Paths = append(in.Paths, IngressPath{
				Host: rule.Host, URL: cmp.Or(path.Path, "/"), Path: shared(at.Pointer()),
				Exact: path.PathType != nil && *path.PathType == networkingv1.PathTypeExact,
			})
		}
	}
	c.add(in)
	c.certificates(o, in)
}

func (in *Ingress) backend(b *networkingv1.IngressBackend, at *workload.Path) {
	if s := b.Service; s != nil && s.Name != "" && s.Port.Name != useAnnotation {
		in.Backends = append(in.Backends, Backend{
			Service: s.Name, Path: shared(at.Child("service").Pointer()), PortName: s.Port.Name, PortNumber: s.Port.Number,
		})
	}
}

// issuers are the annotations that make cert-manager write the certificates of an Ingress.
var issuers = []string{"cert-manager.io/issuer", "cert-manager.io/cluster-issuer", "kubernetes.io/tls-acme"}

func (c *collector) certificates(o *networkingv1.Ingress, in *Ingress) {
	issued := false
	for _, annotation := range issuers {
		issued = issued || o.Annotations[annotation] != ""
	}
	var tls references
	for i := range o.Spec.TLS {
		name := o.Spec.TLS[i].SecretName
		if issued && c.needs.Has(Secrets) {
			c.name(Secret, name)
		}
		if c.needs.Has(References) {
			tls.add(Secret, name, nil, (*workload.Path)(nil).Child("spec", "tls").Item(i, ""), "secretName")
		}
	}
	in.References = tls
}

// Policy is a NetworkPolicy.
type Policy struct {
	Object
	Selector *Selector
	// DeniesIngress and DeniesEgress say that it decides about a direction, and allows nothing there.
	DeniesIngress, DeniesEgress bool
	Peers                       []Peer
}

// Peer is the other side of a rule: Pods of namespaces. Path is the JSON Pointer of the entry.
type Peer struct {
	Pods, Namespaces *Selector
	Path             string
}

func (c *collector) policy(o *networkingv1.NetworkPolicy) {
	if !c.needs.Has(Policies) {
		return
	}
	p := &Policy{Object: c.object, Selector: selectorOf(&o.Spec.PodSelector)}
	ingress, egress := len(o.Spec.PolicyTypes) == 0, len(o.Spec.PolicyTypes) == 0 && len(o.Spec.Egress) > 0
	for _, direction := range o.Spec.PolicyTypes {
		ingress = ingress || direction == networkingv1.PolicyTypeIngress
		egress = egress || direction == networkingv1.PolicyTypeEgress
	}
	p.DeniesIngress, p.DeniesEgress = ingress && len(o.Spec.Ingress) == 0, egress && len(o.Spec.Egress) == 0
	spec := (*workload.Path)(nil).Child("spec")
	for i, rule := range o.Spec.Ingress {
		p.peers(rule.From, spec.Child("ingress").Item(i, "").Child("from"))
	}
	for i, rule := range o.Spec.Egress {
		p.peers(rule.To, spec.Child("egress").Item(i, "").Child("to"))
	}
	c.add(p)
}

func (p *Policy) peers(list []networkingv1.NetworkPolicyPeer, at *workload.Path) {
	for i := range list {
		if list[i].PodSelector != nil {
			p.Peers = append(p.Peers, Peer{
				Pods: selectorOf(list[i].PodSelector), Namespaces: selectorOf(list[i].NamespaceSelector), Path: shared(at.Item(i, "").Pointer()),
			})
		}
	}
}
