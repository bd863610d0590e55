package validators

import (
	"iter"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "probe-port",
	Summary: "probes of a port that no container declares",
	Doc: `
A probe of a port that nobody listens on never succeeds: a rollout waits for
ever, or containers are killed in a circle. Mostly it is a number that was
changed in one place and not in the other. Write it once, and use its name:

    ports:
    - {name: http, containerPort: 8080}
    readinessProbe:
      httpGet: {path: /readyz, port: http}

A name must be that of a port of the container itself, as the kubelet looks for
it nowhere else. A number must be declared by a container of the Pod, which
share one network, if any of them declares ports: that they need not be
declared is no reason to forget some. Probes of another host are not checked by
number.
`,
	Severity:   Medium,
	References: params.Refs(params.KubeLinter, "liveness-port", "readiness-port", "startup-port"),
	Resources:  podsAndTemplates,
	New:        withoutParameters(onPods(mustProbeDeclaredPorts)),
})

func mustProbeDeclaredPorts(pod *workload.Pod) (findings []Finding) {
	declared := declaredPorts{pod: pod}
	for c := range pod.Containers() {
		for _, p := range [...]struct {
			field string
			probe *corev1.Probe
		}{{"livenessProbe", c.LivenessProbe}, {"readinessProbe", c.ReadinessProbe}, {"startupProbe", c.StartupProbe}} {
			if p.probe == nil {
				continue
			}
			port, handler, host := probedPort(p.probe)
			if detail := declared.fault(c, port, host); detail != "" {
				path := c.Path().Child(p.field, handler, "port")
				findings = append(findings, invalid(path, shownIntOrString(port), detail).of(c))
			}
		}
	}
	return findings
}

func probedPort(probe *corev1.Probe) (port intstr.IntOrString, handler, host string) {
	switch {
	case probe.HTTPGet != nil:
		return probe.HTTPGet.Port, "httpGet", probe.HTTPGet.Host
	case probe.TCPSocket != nil:
		return probe.TCPSocket.Port, "tcpSocket", probe.TCPSocket.Host
	case probe.GRPC != nil:
		return intstr.FromInt32(probe.GRPC.Port), "grpc", ""
	default:
		return port, "", ""
	}
}

// fault says what a probed port must be, or nothing where it is well.
func (d *declaredPorts) fault(c workload.Container, port intstr.IntOrString, host string) string {
	number := port.IntVal
	if port.Type == intstr.String {
		if slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.Name == port.StrVal }) {
			return ""
		}
		// The kubelet reads "8080" as a number where no port has such a name.
		parsed, err := strconv.ParseInt(port.StrVal, 10, 32)
		if err != nil {
			return "must be the name of a port of the container"
		}
		number = int32(parsed)
	}
	if it, some := d.have(number); number == 0 || host != "" || it || !some {
		return ""
	}
	return "must be a port that a container declares"
}

// declaredPorts are the ports of the containers that run beside each other.
type declaredPorts struct {
	pod     *workload.Pod
	asked   int
	numbers map[int32]bool
}

// have tells whether a container declares a port, and whether any port is declared.
func (d *declaredPorts) have(number int32) (it, some bool) {
	if d.asked++; d.asked > maxWalks {
		if d.numbers == nil {
			d.numbers = map[int32]bool{}
			for port := range d.ports() {
				d.numbers[port] = true
			}
		}
		return d.numbers[number], len(d.numbers) > 0
	}
	for port := range d.ports() {
		some = true
		it = it || port == number
	}
	return it, some
}

// maxWalks bounds how often a list is walked from its start. Then a map is worth
// its while: both lists may be as long as fits into a request.
const maxWalks = 8

func (d *declaredPorts) ports() iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for c := range d.pod.Containers() {
			for i := range c.Ports {
				if c.LongRunning() && !yield(c.Ports[i].ContainerPort) {
					return
				}
			}
		}
	}
}
