package podsecurity

import (
	"cmp"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

func locateHostNamespaces(in *search) {
	pod := in.pod
	add := func(name string, value bool, spec corev1.PodSpec) {
		path := pod.SpecPath().Child(name)
		v := forbidden(path, "must not be true").fixedBy(workload.Add(path, false))
		v.Value = value
		in.reduced()
		in.spec = spec
		in.ask(v)
	}
	add("hostNetwork", pod.Spec.HostNetwork, corev1.PodSpec{HostNetwork: pod.Spec.HostNetwork})
	add("hostPID", pod.Spec.HostPID, corev1.PodSpec{HostPID: pod.Spec.HostPID})
	add("hostIPC", pod.Spec.HostIPC, corev1.PodSpec{HostIPC: pod.Spec.HostIPC})
}

func locateSysctls(in *search) {
	pod := in.pod
	if pod.Spec.SecurityContext == nil {
		return
	}
	for i, sysctl := range pod.Spec.SecurityContext.Sysctls {
		path := pod.SpecPath().Child("securityContext", "sysctls").Item(i, sysctl.Name)
		in.reduced().SecurityContext = &corev1.PodSecurityContext{Sysctls: []corev1.Sysctl{sysctl}}
		in.ask(notSupported(path.Child("name"), sysctl.Name, "must be a safe sysctl").
			spans(Part{Name: "value", Items: []string{sysctl.Value}}).fixedBy(workload.Remove(path)))
	}
}

// locateVolumes offers no fix: what an application needs of a volume, and where else to get it, cannot
// be said mechanically.
func locateVolumes(in *search) {
	pod := in.pod
	for i := range pod.Spec.Volumes {
		volume := &pod.Spec.Volumes[i]
		path := pod.SpecPath().Child("volumes").Item(i, volume.Name)
		v := forbidden(path, "must be of an allowed type")
		if name, value := workload.VolumeSource(volume); name != "" {
			v = forbidden(path.Child(name), "must not be set")
			v.Value, v.Volume = value, volume
		}
		in.reduced().Volumes = pod.Spec.Volumes[i : i+1]
		in.ask(v)
	}
}

func locateHostPorts(in *search) {
	for c := range in.pod.AllContainers() {
		for i, port := range c.Ports {
			path := c.Path().Child("ports").Item(i, port.Name).Child("hostPort")
			v := forbidden(path, "must not be set").of(c).spans(hostPortParts(port)...)
			if !in.pod.Spec.HostNetwork { // where it is set again until that is fixed
				v = v.fixedBy(workload.Remove(path))
			}
			in.reduced()
			in.container().Ports = c.Ports[i : i+1]
			in.ask(v)
		}
	}
}

// hostPortParts are what a port takes of the node: without an address, all of them.
func hostPortParts(port corev1.ContainerPort) []Part {
	number := strconv.Itoa(int(port.HostPort)) + "/" + string(cmp.Or(port.Protocol, corev1.ProtocolTCP))
	parts := []Part{{Name: "port", Items: []string{number}}}
	if port.HostIP != "" && port.HostIP != "0.0.0.0" && port.HostIP != "::" {
		parts = append(parts, Part{Name: "address", Items: []string{port.HostIP}})
	}
	return parts
}

// locateHandlerHosts looks at the hosts that the kubelet is made to connect to.
func locateHandlerHosts(in *search) {
	for c := range in.pod.AllContainers() {
		add := func(path *workload.Path, http *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction) {
			host := func(action, value string) {
				path := path.Child(action, "host")
				in.reduced()
				in.container().LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Host: value}}}
				in.ask(invalid(path, value, "must not be set").of(c).fixedBy(workload.Remove(path)))
			}
			if http != nil {
				host("httpGet", http.Host)
			}
			if tcp != nil {
				host("tcpSocket", tcp.Host)
			}
		}
		probe := func(name string, p *corev1.Probe) {
			if p != nil {
				add(c.Path().Child(name), p.HTTPGet, p.TCPSocket)
			}
		}
		probe("livenessProbe", c.LivenessProbe)
		probe("readinessProbe", c.ReadinessProbe)
		probe("startupProbe", c.StartupProbe)
		if c.Lifecycle == nil {
			continue
		}
		handler := func(name string, h *corev1.LifecycleHandler) {
			if h != nil {
				add(c.Path().Child("lifecycle", name), h.HTTPGet, h.TCPSocket)
			}
		}
		handler("postStart", c.Lifecycle.PostStart)
		handler("preStop", c.Lifecycle.PreStop)
	}
}
