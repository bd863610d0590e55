package typed

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	psapi "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// checks refuse what the default guardrail refuses.
type checks struct{ podSecurity policy.Evaluator }

func (c checks) pod(pod *corev1.Pod) (warnings admission.Warnings, err error) {
	baseline := psapi.LevelVersion{Level: psapi.LevelBaseline, Version: psapi.LatestVersion()}
	for _, result := range c.podSecurity.EvaluatePod(baseline, &pod.ObjectMeta, &pod.Spec) {
		if !result.Allowed {
			return nil, fmt.Errorf("%s: %s", result.ForbiddenReason, result.ForbiddenDetail)
		}
	}
	for i := range pod.Spec.Containers {
		container := &pod.Spec.Containers[i]
		if _, tag, found := strings.Cut(container.Image, ":"); !found || tag == "latest" {
			return nil, fmt.Errorf("container %s: latest", container.Name)
		}
		if container.Resources.Requests.Cpu().IsZero() || container.Resources.Requests.Memory().IsZero() {
			warnings = append(warnings, fmt.Sprintf("container %s: no requests", container.Name))
		}
		if container.Resources.Limits.Memory().IsZero() {
			warnings = append(warnings, fmt.Sprintf("container %s: no limit", container.Name))
		}
		if container.ReadinessProbe == nil {
			warnings = append(warnings, fmt.Sprintf("container %s: no readiness probe", container.Name))
		}
		if container.LivenessProbe == nil {
			warnings = append(warnings, fmt.Sprintf("container %s: no liveness probe", container.Name))
		}
		if strings.HasPrefix(container.Image, "k8s.gcr.io/") {
			warnings = append(warnings, fmt.Sprintf("container %s: an old registry", container.Name))
		}
		for _, env := range container.Env {
			if name := strings.ToLower(env.Name); env.Value != "" && (strings.Contains(name, "password") || strings.Contains(name, "token")) {
				warnings = append(warnings, fmt.Sprintf("container %s: a secret in %s", container.Name, env.Name))
			}
		}
	}
	if pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken {
		warnings = append(warnings, "a token nobody asked for")
	}
	for _, volume := range pod.Spec.Volumes {
		if volume.HostPath != nil && strings.HasSuffix(volume.HostPath.Path, ".sock") {
			return nil, fmt.Errorf("volume %s: a socket", volume.Name)
		}
	}
	return warnings, nil
}
