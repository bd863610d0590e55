package validators

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "image-pull-secrets",
	Summary: "Pods without one of these imagePullSecrets",
	Doc: `
A Pod that pulls from a private registry without its secret starts as long as
the node happens to have the image, and fails on the next one.

    secrets: [regcred]

and in the Pod:

    spec:
      imagePullSecrets: [{name: regcred}]

One of the list is enough, and with an empty list any secret will do. Kubernetes
adds those of the service account to a Pod that has none. A template does not
show them and is refused all the same: it must name its secret itself.
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-imagepullsecrets"),
	),
	Resources: podsAndTemplates,
	New:       newImagePullSecrets,
})

type imagePullSecrets struct {
	Secrets []string `json:"secrets" doc:"Names of secrets, one of which must be there. Empty: any."`
}

func newImagePullSecrets(decode params.Decode) (Validate, error) {
	var p imagePullSecrets
	if err := decode(&p); err != nil {
		return nil, err
	}
	detail := "must name a secret"
	if len(p.Secrets) > 0 {
		detail = "must include " + oneOf(p.Secrets)
	}
	return onPods(func(pod *workload.Pod) []Finding {
		if slices.ContainsFunc(pod.Spec.ImagePullSecrets, p.accepts) {
			return nil
		}
		path := pod.SpecPath().Child("imagePullSecrets")
		f := required(path, detail)
		if len(p.Secrets) > 0 {
			f = f.fixedBy(addTo(path, len(pod.Spec.ImagePullSecrets), corev1.LocalObjectReference{Name: p.Secrets[0]}))
		}
		return []Finding{f}
	}), checkObjectNames(p.Secrets, field.NewPath("secrets")).ToAggregate()
}

func (p *imagePullSecrets) accepts(secret corev1.LocalObjectReference) bool {
	return secret.Name != "" && (len(p.Secrets) == 0 || slices.Contains(p.Secrets, secret.Name))
}

// addTo is the operation that adds an item to a list of so many, which is created when it has none.
func addTo(list *workload.Path, count int, item any) workload.Operation {
	if count == 0 {
		return workload.Add(list, []any{item})
	}
	return workload.Add(list.Item(count, ""), item)
}
