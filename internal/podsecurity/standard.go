package podsecurity

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	psa "k8s.io/pod-security-admission/api"

	"taffrail.dev/taffrail/internal/workload"
)

// Standard is the Pod Security Standard of one level and version, with the controls that are selected.
type Standard struct{ controls []control }

// NewStandard is the standard of a level and version, with the selected controls.
func NewStandard(level psa.LevelVersion, selection Selection) Standard {
	return Standard{controls: controlsOf(level, selection)}
}

// Has tells whether a control is evaluated under its own name.
func (s Standard) Has(name string) bool {
	return slices.ContainsFunc(s.controls, func(c control) bool { return c.id == name })
}

// Evaluate evaluates the Pod of a review, or what a Binding gives to its Pod.
func (s Standard) Evaluate(r *workload.Review) []Violation {
	if binding, ok := r.Object.(*corev1.Binding); ok {
		return s.evaluateBinding(binding)
	}
	if r.Pod == nil {
		return nil
	}
	return s.evaluate(r.Pod)
}

// evaluateBinding evaluates the annotations that a Binding gives its Pod, and not the rest of the
// Pod, which it does not show.
func (s Standard) evaluateBinding(binding *corev1.Binding) []Violation {
	if len(binding.Annotations) == 0 {
		return nil
	}
	return slices.DeleteFunc(s.evaluate(workload.BoundPod(binding)), func(v Violation) bool {
		return !strings.HasPrefix(v.Path.String(), "metadata.annotations")
	})
}

func (s Standard) evaluate(pod *workload.Pod) []Violation {
	pod = asDefaulted(pod)
	var in *search // most Pods need none
	for i := range s.controls {
		c := &s.controls[i]
		verdict := c.check(pod.Meta, pod.Spec)
		if verdict.Allowed {
			continue
		}
		if in == nil {
			in = &search{pod: pod, found: make([]Violation, 0, max(4, 2*pod.Len()))}
		}
		c.locate(in, verdict)
	}
	if in == nil {
		return nil
	}
	return in.found
}
