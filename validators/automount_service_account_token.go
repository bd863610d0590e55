package validators

import (
	"cmp"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "automount-service-account-token",
	Summary: "Pods that have a service account token mounted and never asked for it",
	Doc: `
Kubernetes mounts a token of the service account into every container unless it
is told not to. Most applications never talk to the API server; what breaks into
one of them does.

    spec:
      automountServiceAccountToken: false

An application that does says true, and has decided. It is better off with a
token of its own choice, in the one container that needs it:

    volumes:
    - name: token
      projected:
        sources:
        - serviceAccountToken: {path: token, expirationSeconds: 3600}

To have nobody decide that without an Exemption:

    forbidTrue: true

Nothing is found where the token is not mounted: the service account says false,
which is seen where it is among the manifests, and in a Pod that reaches the
cluster. Among manifests, a service account that says true or that a binding
there gives rights to has been given to the Pod for that. What a template's
service account says cannot be seen in a cluster: the template must say it.
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
	New:       newAutomountServiceAccountToken,
})

type automountServiceAccountToken struct {
	ForbidTrue bool `json:"forbidTrue" doc:"Whether true is refused as well, where somebody has set it."`
}

func newAutomountServiceAccountToken(decode params.Decode) (Validate, error) {
	var p automountServiceAccountToken
	if err := decode(&p); err != nil {
		return nil, err
	}
	return p.evaluate, nil
}

func (p automountServiceAccountToken) evaluate(r *workload.Review) []Finding {
	if r.Pod == nil || !p.finds(r) {
		return nil
	}
	must := "must be false, or true for Pods that call the API server"
	if p.ForbidTrue {
		must = "must be false"
	}
	path, automount := r.Pod.SpecPath().Child("automountServiceAccountToken"), r.Pod.Spec.AutomountServiceAccountToken
	f := mustBe(path, automount, must)
	// A service account of its own was given to the Pod for a reason, and so was
	// true: that it can do without the token is not for us to say.
	if automount == nil && usesDefaultServiceAccount(r.Pod) {
		f = f.fixedBy(workload.Add(path, false))
	}
	return []Finding{f}
}

// finds tells whether a token is mounted that nobody has asked for or, where true is forbidden,
// that anybody has.
func (p automountServiceAccountToken) finds(r *workload.Review) bool {
	if automount := r.Pod.Spec.AutomountServiceAccountToken; automount != nil {
		return *automount && p.ForbidTrue
	}
	if r.Pod.WasAdmitted() {
		return mountsToken(r.Pod)
	}
	account := r.ServiceAccount(cmp.Or(serviceAccount(r.Pod), "default"))
	switch {
	case account == nil:
		return true
	case account.Automount != nil:
		return *account.Automount && p.ForbidTrue
	default:
		return p.ForbidTrue || !account.Bound
	}
}

// tokenVolume is how the names of the volumes begin that the API server's ServiceAccount plugin adds.
const tokenVolume = "kube-api-access-"

func mountsToken(pod *workload.Pod) bool {
	for i := range pod.Spec.Volumes {
		if v := &pod.Spec.Volumes[i]; v.Projected != nil && strings.HasPrefix(v.Name, tokenVolume) {
			return true
		}
	}
	return false
}
