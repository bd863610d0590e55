package defaulting

import (
	"math"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var workloadTable = join(
	of(deployment), of(daemonSet), of(statefulSet), of(replicationController), of(job), of(cronJob),
	of(func(r *appsv1.ReplicaSet) { pointer(&r.Spec.Replicas, 1) }),
	of(func(p *batchv1.PodFailurePolicyOnPodConditionsPattern) { value(&p.Status, corev1.ConditionTrue) }),
)

func deployment(d *appsv1.Deployment) {
	pointer(&d.Spec.Replicas, 1)
	pointer(&d.Spec.RevisionHistoryLimit, 10)
	pointer(&d.Spec.ProgressDeadlineSeconds, 600)
	value(&d.Spec.Strategy.Type, appsv1.RollingUpdateDeploymentStrategyType)
	if d.Spec.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType {
		pointer(&d.Spec.Strategy.RollingUpdate, appsv1.RollingUpdateDeployment{})
		pointer(&d.Spec.Strategy.RollingUpdate.MaxUnavailable, intstr.FromString("25%"))
		pointer(&d.Spec.Strategy.RollingUpdate.MaxSurge, intstr.FromString("25%"))
	}
}

func daemonSet(d *appsv1.DaemonSet) {
	pointer(&d.Spec.RevisionHistoryLimit, 10)
	value(&d.Spec.UpdateStrategy.Type, appsv1.RollingUpdateDaemonSetStrategyType)
	if d.Spec.UpdateStrategy.Type == appsv1.RollingUpdateDaemonSetStrategyType {
		pointer(&d.Spec.UpdateStrategy.RollingUpdate, appsv1.RollingUpdateDaemonSet{})
		pointer(&d.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
		pointer(&d.Spec.UpdateStrategy.RollingUpdate.MaxSurge, intstr.FromInt32(0))
	}
	if d.Annotations == nil {
		d.Annotations = map[string]string{}
	}
	d.Annotations[appsv1.DeprecatedTemplateGeneration] = "1"
}

func statefulSet(s *appsv1.StatefulSet) {
	pointer(&s.Spec.Replicas, 1)
	pointer(&s.Spec.RevisionHistoryLimit, 10)
	value(&s.Spec.PodManagementPolicy, appsv1.OrderedReadyPodManagement)
	if s.Spec.UpdateStrategy.Type == "" {
		s.Spec.UpdateStrategy.Type = appsv1.RollingUpdateStatefulSetStrategyType
		pointer(&s.Spec.UpdateStrategy.RollingUpdate, appsv1.RollingUpdateStatefulSetStrategy{})
	}
	if s.Spec.UpdateStrategy.Type == appsv1.RollingUpdateStatefulSetStrategyType && s.Spec.UpdateStrategy.RollingUpdate != nil {
		pointer(&s.Spec.UpdateStrategy.RollingUpdate.Partition, 0)
	}
	pointer(&s.Spec.PersistentVolumeClaimRetentionPolicy, appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{})
	value(&s.Spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	value(&s.Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	for i := range s.Spec.VolumeClaimTemplates {
		value(&s.Spec.VolumeClaimTemplates[i].APIVersion, "v1")
		value(&s.Spec.VolumeClaimTemplates[i].Kind, "PersistentVolumeClaim")
	}
}

func replicationController(r *corev1.ReplicationController) {
	pointer(&r.Spec.Replicas, 1)
	if r.Spec.Template == nil {
		return
	}
	if len(r.Spec.Selector) == 0 {
		r.Spec.Selector = r.Spec.Template.Labels
	}
	if len(r.Labels) == 0 {
		r.Labels = r.Spec.Template.Labels
	}
}

func job(j *batchv1.Job) {
	if j.Spec.Parallelism == nil {
		pointer(&j.Spec.Completions, 1)
	}
	pointer(&j.Spec.Parallelism, 1)
	if j.Spec.BackoffLimitPerIndex != nil {
		pointer(&j.Spec.BackoffLimit, math.MaxInt32)
	}
	pointer(&j.Spec.BackoffLimit, 6)
	pointer(&j.Spec.CompletionMode, batchv1.NonIndexedCompletion)
	pointer(&j.Spec.Suspend, false)
	pointer(&j.Spec.ManualSelector, false)
	if j.Spec.PodFailurePolicy != nil {
		pointer(&j.Spec.PodReplacementPolicy, batchv1.Failed)
	}
	pointer(&j.Spec.PodReplacementPolicy, batchv1.TerminatingOrFailed)
	if len(j.Labels) == 0 {
		j.Labels = j.Spec.Template.Labels
	}
}

func cronJob(c *batchv1.CronJob) {
	value(&c.Spec.ConcurrencyPolicy, batchv1.AllowConcurrent)
	pointer(&c.Spec.Suspend, false)
	pointer(&c.Spec.SuccessfulJobsHistoryLimit, 3)
	pointer(&c.Spec.FailedJobsHistoryLimit, 1)
}
