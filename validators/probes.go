package validators

import (
	"iter"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

type requiredProbe struct {
	WithoutPorts bool `json:"withoutPorts" doc:"Whether containers that declare no port are checked too."`
}

// newRequiredProbe makes a check that containers have a probe.
func newRequiredProbe(name string, of func(*corev1.Container) *corev1.Probe) func(params.Decode) (Validate, error) {
	return func(decode params.Decode) (Validate, error) {
		var p requiredProbe
		if err := decode(&p); err != nil {
			return nil, err
		}
		return onPods(func(pod *workload.Pod) []Finding { return p.evaluate(pod, name, of) }), nil
	}
}

func (p requiredProbe) evaluate(pod *workload.Pod, name string, of func(*corev1.Container) *corev1.Probe) (findings []Finding) {
	for c := range longRunning(pod) {
		if of(c.Container) == nil && (p.WithoutPorts || len(c.Ports) > 0) {
			findings = append(findings, required(c.Path().Child(name), "must be set").of(c))
		}
	}
	return findings
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
