package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/names"
)

var rollout = Check{
	Name:    "rollout",
	Summary: "the Deployments have the Pods that they want, and they run",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		deployment, err := i.deployment(ctx)
		if err != nil {
			return nil, err
		}
		found := stopped(deployment)
		pods, err := i.pods(ctx)
		for n := range pods {
			found = append(found, stuck(&pods[n])...)
		}
		ofAudit, notDone := i.audit(ctx, deployment)
		return append(found, ofAudit...), errors.Join(err, notDone)
	},
}

// stopped is what keeps Pods from being made: quotas and webhooks of others tell so in a condition.
func stopped(deployment *appsv1.Deployment) (found []Finding) {
	where := "Deployment " + names.Namespace + "/" + names.Name
	if deployment.Spec.Replicas != nil && *deployment.Spec.Replicas == 0 {
		found = append(found, Finding{
			Fail, "it is scaled to 0 replicas: what a webhook that fails closed looks at is refused", where,
			"kubectl scale -n taffrail-system deployment/taffrail --replicas=2; or `taffrail uninstall --kubeconfig FILE --webhooks-only`",
		})
	}
	for _, c := range deployment.Status.Conditions {
		switch {
		case c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue:
			found = append(found, Finding{
				Fail, "its Pods cannot be made: " + c.Message, where,
				"mend what the message names: a quota that is too small (resourcequota.yaml), a webhook of another product",
			})
		case c.Type == appsv1.DeploymentProgressing && c.Status == corev1.ConditionFalse:
			found = append(found, Finding{
				Fail, "its rollout does not go on: " + c.Message, where,
				"see the Pods: `kubectl describe pods -n taffrail-system`; back: `kubectl rollout undo -n taffrail-system deployment/taffrail`",
			})
		}
	}
	return found
}

// stuck is why a Pod does not run.
func stuck(pod *corev1.Pod) (found []Finding) {
	where := "Pod " + pod.Namespace + "/" + pod.Name
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			found = append(found, Finding{
				Warn, "no node takes it: " + c.Message, where,
				"add a node, or make room; replicas are on different nodes (topologySpreadConstraints)",
			})
		}
	}
	for _, status := range pod.Status.ContainerStatuses {
		waiting := status.State.Waiting
		if waiting == nil || waiting.Reason == "ContainerCreating" || waiting.Reason == "PodInitializing" {
			continue
		}
		do := "kubectl describe pod -n taffrail-system " + pod.Name
		switch {
		case strings.Contains(waiting.Reason, "Image"):
			do = fmt.Sprintf("see that nodes can pull %s; mend the image's name: `kubectl set image`", status.Image)
		case waiting.Reason == "CrashLoopBackOff":
			do = "kubectl logs --previous -n taffrail-system " + pod.Name
		}
		found = append(found, Finding{Fail, fmt.Sprintf("it does not run: %s: %s", waiting.Reason, waiting.Message), where, do})
	}
	return found
}
