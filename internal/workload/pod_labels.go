package workload

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// given are the labels that controllers add to the Pods of a template, by the kind that holds it.
var given = map[string][]string{
	"CronJob":    ofJobs,
	"DaemonSet":  {appsv1.ControllerRevisionHashLabelKey, "pod-template-generation"},
	"Deployment": {appsv1.DefaultDeploymentUniqueLabelKey},
	"Job":        ofJobs,
	"StatefulSet": {
		appsv1.ControllerRevisionHashLabelKey, appsv1.StatefulSetPodNameLabel, appsv1.PodIndexLabel,
	},
}

var ofJobs = []string{batchv1.ControllerUidLabel, batchv1.JobNameLabel, "controller-uid", "job-name"}

// PodLabels are the labels that the Pod has, or will have when its template becomes one. Those that
// its controller will add are there without a value, since nobody knows it yet.
func (r *Review) PodLabels() labels.Labels {
	own := labels.Set(r.Pod.Meta.Labels)
	if keys := given[r.Kind.Kind]; r.Pod.IsTemplate() && len(keys) > 0 {
		return &futureLabels{Set: own, given: keys}
	}
	return own
}

// futureLabels are the labels of a template and those that come to its Pods.
type futureLabels struct {
	labels.Set
	given []string
}

// Has implements labels.Labels.
func (l *futureLabels) Has(key string) bool {
	_, has := l.Lookup(key)
	return has
}

// Lookup implements labels.Labels.
func (l *futureLabels) Lookup(key string) (value string, has bool) {
	if value, has = l.Set.Lookup(key); has {
		return value, true
	}
	return "", slices.Contains(l.given, key)
}

// Given are the labels that the controller of a kind adds to the Pods that it makes.
func Given(kind string) []string { return given[kind] }
