package mutators

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "disable-service-account-token",
	Summary: "takes the service account's token out of Pods that did not ask for it",
	Doc: `Kubernetes mounts a token for its API into every container, and few ever use it.
Whoever breaks into one of the others is greeted with credentials.

Pods of the service accounts listed get automountServiceAccountToken: false.
This replaces what the API server has added by then: the volume
kube-api-access-* and its mounts at
/var/run/secrets/kubernetes.io/serviceaccount are taken out again. Token volumes
of a Pod's own are left alone.

A Pod that sets automountServiceAccountToken, be it true, has said what it
wants. An application that calls the API should do so under a service account of
its own.`,
	References: params.Refs(params.Kyverno, "disable-automountserviceaccounttoken", "remove-serviceaccount-token"),
	New:        newServiceAccountToken,
})

type serviceAccountToken struct {
	ServiceAccounts []string `json:"serviceAccounts" doc:"the service accounts whose Pods get no token; a star alone stands for all"`
}

func newServiceAccountToken(decode params.Decode) (Mutate, error) {
	p := serviceAccountToken{ServiceAccounts: []string{"default"}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	return p.mutate, p.validate().ToAggregate()
}

func (p serviceAccountToken) validate() (mistakes field.ErrorList) {
	at := field.NewPath("serviceAccounts")
	if len(p.ServiceAccounts) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a service account"))
	}
	for i, name := range p.ServiceAccounts {
		if name == "*" {
			continue
		}
		mistakes = append(mistakes, requireObjectName(name, at.Index(i), "a service account")...)
	}
	return mistakes
}

func (p serviceAccountToken) mutate(r *workload.Review) {
	pod := r.Pod
	account := cmp.Or(pod.Spec.ServiceAccountName, pod.Spec.DeprecatedServiceAccount, "default")
	if pod.Spec.AutomountServiceAccountToken != nil || !p.covers(account) {
		return
	}
	pod.SetAutomountServiceAccountToken(false)
	tokens := map[string]bool{}
	for i := range pod.Spec.Volumes {
		if v := &pod.Spec.Volumes[i]; isTokenVolume(v) {
			tokens[v.Name] = true
		}
	}
	if len(tokens) > 0 {
		unmountTokens(pod, tokens)
		pod.RemoveVolumes(func(v *corev1.Volume) bool { return tokens[v.Name] && isTokenVolume(v) })
	}
}

func (p serviceAccountToken) covers(account string) bool {
	return slices.Contains(p.ServiceAccounts, account) || slices.Contains(p.ServiceAccounts, "*")
}

// isTokenVolume recognises what the API server's ServiceAccount plugin adds.
func isTokenVolume(v *corev1.Volume) bool {
	return strings.HasPrefix(v.Name, "kube-api-access-") && v.Projected != nil &&
		v.VolumeSource == (corev1.VolumeSource{Projected: v.Projected}) && len(v.Projected.Sources) == 3 &&
		v.Projected.Sources[0].ServiceAccountToken != nil && v.Projected.Sources[0].ServiceAccountToken.Audience == "" &&
		v.Projected.Sources[1].ConfigMap != nil && v.Projected.Sources[1].ConfigMap.Name == "kube-root-ca.crt" &&
		v.Projected.Sources[2].DownwardAPI != nil
}

const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

// unmountTokens takes the mounts of token volumes out, and the volumes that are
// mounted elsewhere from the tokens.
func unmountTokens(pod *workload.Pod, tokens map[string]bool) {
	for c := range pod.Containers() {
		c.RemoveVolumeMounts(func(m *corev1.VolumeMount) bool {
			return tokens[m.Name] && m.MountPath == tokenPath && m.ReadOnly && m.SubPath == "" && m.SubPathExpr == ""
		})
	}
	for c := range pod.AllContainers() {
		for i := range c.VolumeMounts {
			delete(tokens, c.VolumeMounts[i].Name)
		}
	}
}
