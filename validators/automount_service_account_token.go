package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "automount-service-account-token",
	Summary: "Pods that have a service account token mounted without need",
	Doc: `
Kubernetes mounts a token of the service account into every container unless it
is told not to. Most applications never talk to the API server; what breaks into
one of them does.

    spec:
      automountServiceAccountToken: false

A Pod must say so itself: what its service account says cannot be seen in the
Pod. One that talks to the API server mounts a token of its own choice, in the
one container that needs it, and has an Exemption where it cannot:

    volumes:
    - name: token
      projected:
        sources:
        - serviceAccountToken: {path: token, expirationSeconds: 3600}
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.CIS, "5.1.6"),
		params.Refs(params.NSA, "Protecting Pod service account tokens"),
		params.Refs(params.Kyverno, "restrict-automount-sa-token"),
		params.Refs(params.Gatekeeper, "K8sPSPAutomountServiceAccountTokenPod"),
		params.Refs(params.Polaris, "automountServiceAccountToken"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustNotAutomountToken)),
})

func mustNotAutomountToken(pod *workload.Pod) []Finding {
	automount := pod.Spec.AutomountServiceAccountToken
	if automount != nil && !*automount {
		return nil
	}
	path := pod.SpecPath().Child("automountServiceAccountToken")
	f := mustBe(path, automount, "must be false")
	// A service account of its own was given to the Pod for a reason, and so was
	// true: that it can do without the token is not for us to say.
	if automount == nil && usesDefaultServiceAccount(pod) {
		f = f.fixedBy(workload.Add(path, false))
	}
	return []Finding{f}
}
