package validators

import (
	appsv1 "k8s.io/api/apps/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "stateful-set-service",
	Summary: "StatefulSets without a serviceName",
	Doc: `
The Pods of a StatefulSet are known by names such as db-0.db, under the Service
that serviceName names. Without one they have no names in DNS, and members of a
database cannot find each other again after a restart.

    spec:
      serviceName: db

Make a headless Service of that name (clusterIP: None). The field cannot be
changed later.
`,
	Severity:   Low,
	References: params.Refs(params.Kubernetes, "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id"),
	Resources:  []Resource{written(appsv1.SchemeGroupVersion, "statefulsets")},
	New:        withoutParameters(mustNameService),
})

func mustNameService(r *workload.Review) []Finding {
	set, ok := r.Object.(*appsv1.StatefulSet)
	if !ok || set.Spec.ServiceName != "" {
		return nil
	}
	return []Finding{required((*workload.Path)(nil).Child("spec", "serviceName"), "must name a headless Service")}
}
