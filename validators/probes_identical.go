package validators

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "probes-identical",
	Summary: "liveness probes that are equal to the readiness probe",
	Doc: `
A container that is not ready is left alone until it is. One that fails its
liveness probe is killed. Where both probes are the same, a container that is
only busy is killed the moment it should have been spared, its neighbours get
its requests, and follow.

Ask different questions, or give up later:

    readinessProbe:
      httpGet: {path: /readyz, port: http}
    livenessProbe:
      httpGet: {path: /livez, port: http}
      failureThreshold: 6

Probes that differ in nothing but what the API server would set by itself are
the same.
`,
	Severity:   Low,
	References: params.Refs(params.Kyverno, "ensure-probes-different"),
	Resources:  podsAndTemplates,
	New:        withoutParameters(onPods(mustProbeDifferently)),
})

func mustProbeDifferently(pod *workload.Pod) (findings []Finding) {
	for c := range pod.Containers() {
		if c.LivenessProbe != nil && c.ReadinessProbe != nil && sameProbe(c.LivenessProbe, c.ReadinessProbe) {
			findings = append(findings, forbidden(c.Path().Child("livenessProbe"), "must not be equal to the readiness probe").of(c))
		}
	}
	return findings
}

func sameProbe(a, b *corev1.Probe) bool {
	return a.InitialDelaySeconds == b.InitialDelaySeconds &&
		cmp.Or(a.TimeoutSeconds, 1) == cmp.Or(b.TimeoutSeconds, 1) &&
		cmp.Or(a.PeriodSeconds, 10) == cmp.Or(b.PeriodSeconds, 10) &&
		cmp.Or(a.SuccessThreshold, 1) == cmp.Or(b.SuccessThreshold, 1) &&
		cmp.Or(a.FailureThreshold, 3) == cmp.Or(b.FailureThreshold, 3) &&
		sameHandler(a.ProbeHandler, b.ProbeHandler)
}

// sameHandler tells whether two probes ask the same. Of one that is of a type
// that k8s.io/api does not know, nobody can say.
func sameHandler(a, b corev1.ProbeHandler) bool {
	switch {
	case a.Exec != nil && b.Exec != nil:
		return slices.Equal(a.Exec.Command, b.Exec.Command)
	case a.HTTPGet != nil && b.HTTPGet != nil:
		return a.HTTPGet.Port == b.HTTPGet.Port && a.HTTPGet.Host == b.HTTPGet.Host &&
			cmp.Or(a.HTTPGet.Path, "/") == cmp.Or(b.HTTPGet.Path, "/") &&
			cmp.Or(a.HTTPGet.Scheme, corev1.URISchemeHTTP) == cmp.Or(b.HTTPGet.Scheme, corev1.URISchemeHTTP) &&
			slices.Equal(a.HTTPGet.HTTPHeaders, b.HTTPGet.HTTPHeaders)
	case a.TCPSocket != nil && b.TCPSocket != nil:
		return *a.TCPSocket == *b.TCPSocket
	case a.GRPC != nil && b.GRPC != nil:
		return a.GRPC.Port == b.GRPC.Port && serviceOf(a.GRPC) == serviceOf(b.GRPC)
	default:
		return false
	}
}

func serviceOf(grpc *corev1.GRPCAction) string {
	if grpc.Service == nil {
		return ""
	}
	return *grpc.Service
}
