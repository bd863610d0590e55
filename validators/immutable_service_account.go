package validators

import (
	"cmp"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "immutable-service-account",
	Summary: "changes of the service account that a workload's Pods run as",
	Doc: `
Whoever may change a Deployment may have its Pods run as any service account of
the namespace, and so with the rights of each. Where that is another's to
decide, a workload keeps the one that it was created with.

    allowed: [system:serviceaccount:argocd:argocd-application-controller, platform]

are the users and groups who may change it all the same. Pods and Jobs keep
theirs in any case; Kubernetes sees to that. To give a workload another service
account, delete it and create it anew.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "restrict-pod-controller-serviceaccount-updates"),
		params.Refs(params.Gatekeeper, "NoUpdateServiceAccount"),
	),
	Resources: updated(slices.Concat(templates, foreignTemplates)),
	New:       newImmutableServiceAccount,
})

type immutableServiceAccount struct {
	Allowed []string `json:"allowed" doc:"Users and groups who may change it."`
}

func newImmutableServiceAccount(decode params.Decode) (Validate, error) {
	var p immutableServiceAccount
	if err := decode(&p); err != nil {
		return nil, err
	}
	return func(r *workload.Review) []Finding {
		old := specBefore(r)
		if r.Pod == nil || old == nil || isAmong(p.Allowed, r.User) {
			return nil
		}
		was, is := accountOf(old), accountOf(r.Pod.Spec)
		if was == is {
			return nil
		}
		path := r.Pod.SpecPath().Child("serviceAccountName")
		f := invalid(path, is, "must stay "+strconv.Quote(shorten(was))).fixedBy(workload.Add(path, was))
		if deprecated := r.Pod.SpecPath().Child("serviceAccount"); r.Pod.Spec.DeprecatedServiceAccount != "" {
			f.Fix = append(f.Fix, workload.Remove(deprecated))
		}
		return []Finding{f}
	}, nil
}

// accountOf is the service account that Pods of a spec run as.
func accountOf(spec *corev1.PodSpec) string {
	return cmp.Or(spec.ServiceAccountName, spec.DeprecatedServiceAccount, "default")
}

// specBefore is the spec of the Pod in the old object, or nil.
func specBefore(r *workload.Review) *corev1.PodSpec {
	if template := templateOf(r.OldObject); template != nil {
		return &template.Spec
	}
	if old := r.Old(); old != nil && old.Pod != nil {
		return old.Pod.Spec
	}
	return nil
}

// templateOf is the template in an object of Kubernetes' own, or nil. It allocates nothing, where
// workload.Review.Old does.
func templateOf(object workload.Object) *corev1.PodTemplateSpec {
	switch o := object.(type) {
	case *appsv1.DaemonSet:
		return &o.Spec.Template
	case *appsv1.Deployment:
		return &o.Spec.Template
	case *appsv1.ReplicaSet:
		return &o.Spec.Template
	case *appsv1.StatefulSet:
		return &o.Spec.Template
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template
	case *batchv1.Job:
		return &o.Spec.Template
	case *corev1.PodTemplate:
		return &o.Template
	case *corev1.ReplicationController:
		return o.Spec.Template
	default:
		return nil
	}
}
