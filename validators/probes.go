package validators

import (
	"iter"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

type requiredProbe struct {
	WithoutPorts bool     `json:"withoutPorts" doc:"Whether containers that declare no port are checked too."`
	Types        []string `json:"types" doc:"Types of probes, one of which it must be: httpGet, tcpSocket, grpc, exec. Empty: any."`
}

var probeTypes = []string{"httpGet", "tcpSocket", "grpc", "exec"}

// newRequiredProbe makes a check that containers have a probe.
func newRequiredProbe(name string, of func(*corev1.Container) *corev1.Probe) func(params.Decode) (Validate, error) {
	return func(decode params.Decode) (Validate, error) {
		var p requiredProbe
		if err := decode(&p); err != nil {
			return nil, err
		}
		var mistakes field.ErrorList
		for i, name := range p.Types {
			if !slices.Contains(probeTypes, name) {
				mistakes = append(mistakes, field.NotSupported(field.NewPath("types").Index(i), name, probeTypes))
			}
		}
		detail := "must be " + oneOf(p.Types)
		return onPods(func(pod *workload.Pod) []Finding { return p.evaluate(pod, name, detail, of) }), mistakes.ToAggregate()
	}
}

func (p *requiredProbe) evaluate(pod *workload.Pod, name, detail string, of func(*corev1.Container) *corev1.Probe) (findings []Finding) {
	for c := range longRunning(pod) {
		if !p.WithoutPorts && len(c.Ports) == 0 || p.accepts(of(c.Container)) {
			continue
		}
		f := required(c.Path().Child(name), "must be set")
		if probe := of(c.Container); probe != nil {
			f = notSupported(f.Path, probeType(probe), detail)
		}
		findings = append(findings, f.of(c))
	}
	return findings
}

func (p *requiredProbe) accepts(probe *corev1.Probe) bool {
	if probe == nil || len(p.Types) == 0 {
		return probe != nil
	}
	is := probeType(probe)
	return is == "" || slices.Contains(p.Types, is) // a probe without a type is refused by the API server
}

func probeType(probe *corev1.Probe) string {
	switch {
	case probe.HTTPGet != nil:
		return "httpGet"
	case probe.TCPSocket != nil:
		return "tcpSocket"
	case probe.GRPC != nil:
		return "grpc"
	case probe.Exec != nil:
		return "exec"
	default:
		return ""
	}
}

// longRunning are the containers that are meant to run for ever: those which
// are started again whatever they end with.
func longRunning(pod *workload.Pod) iter.Seq[workload.Container] {
	return func(yield func(workload.Container) bool) {
		if policy := pod.Spec.RestartPolicy; policy != "" && policy != corev1.RestartPolicyAlways {
			return
		}
		for c := range pod.Containers() {
			ends := c.RestartPolicy != nil && *c.RestartPolicy != corev1.ContainerRestartPolicyAlways
			if c.LongRunning() && !ends && !yield(c) {
				return
			}
		}
	}
}
