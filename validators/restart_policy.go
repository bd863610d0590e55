package validators

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "restart-policy",
	Summary: "Deployments, StatefulSets and DaemonSets whose Pods are not always started again",
	Doc: `
The Pods of a Deployment, a StatefulSet or a DaemonSet are meant to run for
ever. The API server takes no other restartPolicy than Always there; this check
says so before a manifest gets that far.

    restartPolicy: Always

Leave the field out, or write a Job or a CronJob for what runs to its end.
`,
	Severity:   Low,
	References: params.Refs(params.KubeLinter, "restart-policy"),
	Resources: []Resource{
		written(appsv1.SchemeGroupVersion, "daemonsets"),
		written(appsv1.SchemeGroupVersion, "deployments"),
		written(appsv1.SchemeGroupVersion, "statefulsets"),
	},
	InTemplates: true,
	New:         withoutParameters(onPods(mustRestartAlways)),
})

func mustRestartAlways(pod *workload.Pod) []Finding {
	policy := pod.Spec.RestartPolicy
	if policy == "" || policy == corev1.RestartPolicyAlways {
		return nil
	}
	path := pod.SpecPath().Child("restartPolicy")
	return []Finding{notSupported(path, string(policy), "must be Always").
		fixedBy(workload.Replace(path, string(corev1.RestartPolicyAlways))).safely()} // the API server takes nothing else
}
